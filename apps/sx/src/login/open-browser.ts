/**
 * Opens a page in the user's browser, where there is a screen to show it on. Never waited for, and never an error: the address is
 * printed in any case. The child gets no secret of ours, no terminal, and outlives us.
 */
export interface BrowserCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** Undefined where nobody would see a browser: over ssh, in a container, on a console. */
export function browserCommand(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): BrowserCommand | undefined {
  const has = (name: string): boolean => environment[name] !== undefined && environment[name] !== '';
  if (platform === 'darwin') return has('SSH_CONNECTION') ? undefined : { command: 'open', args: [url] };
  if (platform === 'win32' || (!has('DISPLAY') && !has('WAYLAND_DISPLAY'))) return undefined;
  return { command: 'xdg-open', args: [url] };
}

export async function openBrowser(
  { command, args }: BrowserCommand,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { spawn } = await import('node:child_process');
  try {
    const child = spawn(command, args, { env: environment, cwd: '/', stdio: 'ignore', detached: true });
    child.on('error', () => undefined);
    child.unref();
  } catch {
    // No such program, no process to spare.
  }
}
