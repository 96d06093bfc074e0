/**
 * Skills: folders with a `SKILL.md`, in directories that the caller names, the first of a name wins. The folder's name is the
 * skill's.
 *
 * In: directories, and who vouches for a file. Out: name and description of each; the body is read when it is asked for, and
 * judged again then, because a file that changes is another file. A link that leads out of its directory is not followed.
 * Limits: bytes of a file, number of skills. Left out: bodies that are programs (a shebang is text here),
 * `required_skills.txt`.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';

import { agentLimits } from '../limits.ts';
import { parseSkill, type SkillText } from './skill-file.ts';

export interface SkillsOptions {
  /** Highest first. One that is not there is no fault. */
  readonly directories: readonly string[];
  /** Whether this content of this file may instruct the model. `path` has its links resolved. */
  readonly trusts: (path: string, bytes: Uint8Array) => boolean;
}

export interface Skill {
  readonly name: string;
  readonly description: string;
  readonly argumentHint: string | undefined;
  /** Absolute, links resolved: its other files are here. */
  readonly directory: string;
  /** As the file is now. */
  load(): SkillText | { readonly fault: string };
}

export interface Skills {
  readonly skills: readonly Skill[];
  /** A line each: what was left out, and why. */
  readonly notices: readonly string[];
}

export function readSkills({ directories, trusts }: SkillsOptions): Skills {
  const skills = new Map<string, Skill>();
  const notices: string[] = [];
  for (const directory of directories) {
    for (const name of folderNames(directory)) {
      if (skills.has(name)) continue;
      if (skills.size >= agentLimits.skillsMax) {
        return {
          skills: [...skills.values()],
          notices: [...notices, `there are more than ${agentLimits.skillsMax} skills: the rest is left out`],
        };
      }
      const read = readSkill(directory, name, trusts);
      if (read === undefined) continue;
      if ('fault' in read) notices.push(`the skill ${join(directory, name)} is left out: ${read.fault}`);
      else skills.set(name, toSkill(name, read, () => loaded(readSkill(directory, name, trusts))));
    }
  }
  return { skills: [...skills.values()], notices };
}

function folderNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /^[A-Za-z0-9][\w.-]{0,63}$/.test(name)).sort();
  } catch {
    return [];
  }
}

interface ReadSkill {
  readonly text: SkillText;
  readonly directory: string;
}

function toSkill(name: string, { text, directory }: ReadSkill, load: Skill['load']): Skill {
  return { name, description: text.description, argumentHint: text.argumentHint, directory, load };
}

type Read = ReadSkill | { readonly fault: string } | undefined;

function loaded(read: Read): SkillText | { readonly fault: string } {
  if (read === undefined) return { fault: 'its file is gone' };
  return 'fault' in read ? read : read.text;
}

/** Undefined: there is no `SKILL.md`. */
function readSkill(root: string, name: string, trusts: SkillsOptions['trusts']): Read {
  try {
    const path = realpathSync(join(root, name, 'SKILL.md'));
    if (!path.startsWith(`${realpathSync(root)}${sep}`)) return { fault: 'its file is a link that leads elsewhere' };
    const bytes = readFile(path);
    if (typeof bytes === 'string') return { fault: bytes };
    if (!trusts(path, bytes)) return { fault: `it is not trusted (sx config trust ${path})` };
    const text = parseSkill(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return 'fault' in text ? text : { text, directory: realpathSync(join(root, name)) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return { fault: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is no UTF-8' : `it cannot be read (${code})` };
  }
}

/** The bytes, or why they are not read. */
function readFile(path: string): Uint8Array | string {
  // A pipe that somebody put there must not be waited for.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) return 'it is no regular file';
    const bytes = Buffer.alloc(agentLimits.skillFileBytesMax + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count) {
      count = readSync(descriptor, bytes, length, bytes.length - length, length);
    }
    const tooLarge = length > agentLimits.skillFileBytesMax;
    return tooLarge ? `it has more than ${agentLimits.skillFileBytesMax} bytes` : bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
