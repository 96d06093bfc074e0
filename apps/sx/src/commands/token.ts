/** `sx token [provider]`: one JSON line with the access token, for machines; on a terminal it is masked unless `--show`. */
import { createRedactor } from '@sx/net';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { composeNetwork } from '../compose/network.ts';
import { selectProvider } from '../compose/select-provider.ts';
import { codexTokenSource, codexTokenSourceKind, codexTokenUrls } from '../compose/token-source.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings } from '../settings.ts';
import { VERSION } from '../version.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, stderr, interrupts } = invocation;
  const settings = await loadSettings(invocation, args);
  selectProvider(settings, args.positionals[0]);
  const redactor = createRedactor(settings.config.secrets());
  const kind = codexTokenSourceKind(settings, args.value('source'));
  const network = composeNetwork({
    invocation,
    args,
    settings,
    redactor,
    userAgent: settings.config.text('USER_AGENT') ?? `sx/${VERSION}`,
    provider: { baseUrl: settings.config.text('CODEX_API_URL') ?? '', caFileKey: 'CODEX_CA_FILE' },
    tokenUrls: codexTokenUrls(settings, kind),
  });
  const { source, settled } = codexTokenSource(settings, kind, network.direct, redactor);
  try {
    const token = await source.get({ signal: interrupts.signal });
    if (args.on('verbose')) await stderr.write(`sx: ${kind}: ${token.origin}\n`);
    const masked = stdout.isTerminal && !args.on('show');
    await stdout.write(
      `${JSON.stringify({
        access_token: masked ? '********' : token.accessToken,
        ...(token.expiresAtMs === undefined ? {} : { expires_at: Math.floor(token.expiresAtMs / 1_000) }),
        ...(token.accountId === undefined ? {} : { account_id: token.accountId }),
      })}\n`,
    );
    return 0;
  } finally {
    await settled();
    await network.close();
  }
}
