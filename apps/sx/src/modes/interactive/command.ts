/** `sx` on a terminal: the screen, or plain lines where the terminal can do no more. Loaded for nothing else. */
import { detectCapabilities } from '@sx/tui';

import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Invocation } from '../../invocation.ts';
import { wantsLines } from '../../wants-lines.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const capabilities = detectCapabilities(invocation.environment, process.platform);
  if (capabilities.plain || args.on('screen-reader') || wantsLines(invocation)) {
    return (await import('./line-mode.ts')).runLineMode(invocation, args, capabilities);
  }
  return (await import('./run-screen.ts')).runScreen(invocation, args, capabilities);
}
