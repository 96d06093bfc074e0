/** The login by device code: a page and a code to type there, on any machine with a browser. */
import { finishDeviceLogin, type OAuthTokens, startDeviceLogin } from '@sx/auth';

import type { Invocation } from '../invocation.ts';
import { terminalLine } from '../terminal-text.ts';
import type { CodexLogin } from './codex-login.ts';

const WARNING =
  'Enter it only if you started this login yourself. If the page says that device codes are off, turn them on in the security\n' +
  'settings of ChatGPT.\n';

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` where the issuer has no device login, else as `finishDeviceLogin` says. */
export async function loginWithDevice({ stdout }: Invocation, { config, context }: CodexLogin): Promise<OAuthTokens> {
  const device = await startDeviceLogin(config, context);
  const minutes = Math.max(1, Math.round((device.expiresAtMs - Date.now()) / 60_000));
  await stdout.write(`Open this address in a browser, on any machine:\n\n${device.pageUrl}\n\n`);
  const span = `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  await stdout.write(`and enter this code there, within ${span}:\n\n${terminalLine(device.userCode)}\n\n`);
  await stdout.write(WARNING);
  return finishDeviceLogin(config, device, context);
}
