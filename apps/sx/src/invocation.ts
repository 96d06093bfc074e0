/** What a command sees of the process. Only `main.ts` makes one; nothing else reads the environment, arguments or exit code. */
import type { Interrupts } from './interrupts.ts';
import type { Output } from './output.ts';

export interface Invocation {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. Commands with `-C` change it by making a new invocation. */
  readonly workingDirectory: string;
  readonly homedir: () => string;
  readonly userId: number | undefined;
  /** Path of the executable or, unbuilt, of the entry file. */
  readonly program: { readonly path: string; readonly built: boolean };
  /** Standard input; getting it may open it. */
  readonly stdin: () => NodeJS.ReadStream;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly interrupts: Interrupts;
}
