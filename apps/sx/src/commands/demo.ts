/**
 * `sx demo`: a recorded session, offline. On a terminal in the screen, where one can go on looking around; elsewhere as text, at
 * once.
 */
import { detectCapabilities } from '@sx/tui';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { wantsLines } from '../wants-lines.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdin, stdout, stderr, environment, interrupts } = invocation;
  const capabilities = detectCapabilities(environment, process.platform);
  if (stdout.isTerminal && stdin().isTTY && !capabilities.plain && !wantsLines(invocation)) {
    return (await import('../modes/interactive/run-screen.ts')).runScreen(invocation, args, capabilities, { demo: true });
  }
  const { createTextPrinter } = await import('../modes/text.ts');
  const { playDemo } = await import('../demo/play.ts');
  const printer = createTextPrinter({ stdout, stderr, streaming: 'everywhere', verbose: false, color: false });
  for await (const event of playDemo(interrupts.signal, stdout.isTerminal ? 1 : 0)) await printer.print(event);
  return interrupts.received === undefined ? 0 : interrupts.received === 'SIGTERM' ? 143 : 130;
}
