/** `docs/configuration.md`, made from the key table. `npm run check` compares the file with this. */
import { KEYS } from './keys.ts';
import type { KeyRow, KeyType, Topic } from './key.ts';

const INTRODUCTION = `# Configuration

Made from the key table in \`packages/config/src/keys.ts\`; edit that, then run \`npm run check -- --write\`.

\`scorpiox-env.txt\` holds \`KEY=VALUE\` lines and \`#\` comments. A value is everything after the first \`=\`, without the blanks
around it: no quotes, no escapes, no comment at its end. An unknown key is a warning that names the nearest known one; a
value that its key does not take is an error that names file and line (exit code 52).

A key is set by the highest of these that has it:

1. the default below
2. for API keys: \`SX_HOME/credentials/<provider>.json\`, where \`sx login <provider>\` stores them
3. \`scorpiox-env.txt\` beside the built executable, if root or you own it and nobody else can write it
4. \`SX_HOME/scorpiox-env.txt\` (\`SX_HOME\` is \`~/.scorpiox\` unless the environment says otherwise)
5. \`scorpiox-env.txt\` in the project root, then \`.scorpiox/scorpiox-env.txt\` there
6. the profile named by \`ACTIVE_PROFILE\`: \`scorpiox-env/<name>.txt\` in \`.scorpiox/\`, \`SX_HOME\` or beside the executable
7. the variable of the same name in the environment, unless it is empty
8. \`-e KEY=VALUE\` and flags, such as \`-m\` for \`MODEL\`

The empty value in a file is a value: it hides what lies below, and means unset. To fall back, comment the line out.

Files under a project come with the repository, so they are not yours. Until you trust one (\`sx config trust\`, by path and
content hash, so that a change needs trust again), only keys marked *any* count in it, and *off* and *lower* mark keys
that it may only switch off or lower.
`;

export function configurationDocument(): string {
  const rows: readonly KeyRow[] = KEYS;
  const topics = [...new Set(rows.map((row) => row.topic))];
  return [INTRODUCTION, ...topics.map((topic) => section(topic, rows))].join('\n');
}

function section(topic: Topic, rows: readonly KeyRow[]): string {
  const lines = rows.filter((row) => row.topic === topic).map(line);
  return `## ${topic}\n\n| Key | Default | Values | Untrusted files | Meaning |\n|---|---|---|---|---|\n${lines.join('\n')}\n`;
}

function line(row: KeyRow): string {
  const untrusted = row.environmentOnly === true ? 'environment only' : row.trust === 'any' ? (row.narrows ?? 'any') : '';
  const names = (row.environmentNames ?? []).map((name) => ` Also \`${name}\` in the environment.`).join('');
  const stored = row.login === undefined ? '' : ` \`sx login ${row.login}\` stores it.`;
  const secret = row.secret === true ? ' Secret.' : row.secret === 'in-url' ? ' User and password in it are secret.' : '';
  const condition = row.when === undefined || row.when.key === 'PROVIDER' ? '' : ` Only with \`${row.when.key}=${row.when.values.join('|')}\`.`;
  const fallback = row.default === undefined ? '' : `\`${row.default}\``;
  return `| \`${row.name}\` | ${fallback} | ${valuesOf(row.type)} | ${untrusted} | ${row.description}${condition}${names}${stored}${secret} |`;
}

function valuesOf(type: KeyType): string {
  switch (type.kind) {
    case 'text':
      return 'text';
    case 'path':
      return 'path';
    case 'url':
      return 'URL';
    case 'switch':
      return '0, 1';
    case 'price':
      return '`input/output`';
    case 'integer':
    case 'decimal':
      return `${type.min} – ${type.max}`;
    case 'choice':
      return type.values.map((value) => `\`${value}\``).join(', ');
    case 'list':
      return 'comma list';
    case 'fields':
      return '`Name: value; …`';
    default: {
      const unknown: never = type;
      return unknown;
    }
  }
}
