/** `sx version`. */
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Invocation } from '../invocation.ts';
import { VERSION } from '../version.ts';

export async function run({ stdout }: Invocation): Promise<ExitCode> {
  await stdout.write(`sx ${VERSION}\n`);
  return 0;
}
