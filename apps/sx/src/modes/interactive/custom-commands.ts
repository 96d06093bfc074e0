/**
 * Commands that people write: `SX_HOME/commands/NAME.md`, and the project's `.scorpiox/commands/NAME.md` once the user has
 * trusted that file.
 *
 * The text is the prompt. `$ARGUMENTS` is what stands behind the name, `$1` to `$9` are its words; without any of them it is
 * appended. A first line `# …` is the description, and so is `description:` in a front matter between `---` lines, which is not
 * part of the prompt. Nothing in them is run.
 */
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { isTrusted, readFileOnce } from '@sx/config';

import type { Settings } from '../../settings.ts';
import { terminalLine } from '../../terminal-text.ts';

export interface CustomCommand {
  /** Lower case, as the file is named. */
  readonly name: string;
  readonly description: string;
  readonly prompt: string;
}

const FILES_MAX = 200;
const FILE_BYTES_MAX = 64 * 1024;

/** @returns notices: files of the project that are not trusted. */
export function readCustomCommands({ home, projectRoot, trust, bare }: Settings): {
  readonly commands: readonly CustomCommand[];
  readonly notices: readonly string[];
} {
  const found = new Map<string, CustomCommand>();
  const untrusted: string[] = [];
  const add = (directory: string, isAllowed: (file: string, bytes: Uint8Array) => boolean): void => {
    for (const name of namesIn(directory)) {
      const file = join(directory, `${name}.md`);
      const bytes = bytesOf(file);
      if (bytes === undefined) continue;
      if (isAllowed(file, bytes)) found.set(name.toLowerCase(), parseCustomCommand(name, Buffer.from(bytes).toString('utf8')));
      else untrusted.push(`.scorpiox/commands/${name}.md`);
    }
  };
  if (home.stateDirectory !== undefined) add(join(home.stateDirectory, 'commands'), () => true);
  if (!bare) add(join(projectRoot, '.scorpiox', 'commands'), (file, bytes) => isTrusted(trust, realpathSync(file), bytes));
  const notices = untrusted.length === 0
    ? []
    : [
      `${untrusted.length} commands of this project are not trusted and left out: sx config trust ${terminalLine(untrusted.join(' '), 200)}`,
    ];
  return { commands: [...found.values()], notices };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter(
      (name) => /^[a-z][\w:-]{0,40}\.md$/i.test(name),
    ).sort().slice(0, FILES_MAX).map((name) => name.slice(0, -3));
  } catch {
    return [];
  }
}

function bytesOf(file: string): Uint8Array | undefined {
  try {
    return readFileOnce(file, FILE_BYTES_MAX)?.bytes;
  } catch {
    return undefined;
  }
}

export function parseCustomCommand(name: string, text: string): CustomCommand {
  const normal = text.replace(/^\ufeff/, '').replace(/\r\n/g, '\n');
  const matter = /^---\n([\s\S]*?)\n---\n/.exec(normal);
  const prompt = (matter === null ? normal : normal.slice(matter[0].length)).trim();
  const described = /^description:\s*(.+)$/m.exec(matter?.[1] ?? '')?.[1] ?? /^#+\s+(.+)$/m.exec(prompt)?.[1] ?? prompt.split('\n')[0] ?? '';
  return { name: name.toLowerCase(), description: terminalLine(described.replace(/^["']|["']$/g, ''), 80), prompt };
}

/** One pass: what was put in is not looked at again. */
export function expandCustomCommand({ prompt }: CustomCommand, argument: string): string {
  const words = argument.split(/\s+/).filter((word) => word !== '');
  let used = false;
  const text = prompt.replace(/\$(ARGUMENTS|[1-9])/g, (_, name: string) => {
    used = true;
    return name === 'ARGUMENTS' ? argument : (words[Number(name) - 1] ?? '');
  });
  return used || argument === '' ? text : `${text}\n\n${argument}`;
}
