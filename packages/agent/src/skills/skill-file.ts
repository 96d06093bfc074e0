/**
 * The text of a `SKILL.md`: front matter between two lines `---`, then the body. Pure.
 *
 * Of YAML it understands what these files hold: `key: value` on one line, quoted or not, and blocks (`|`, `>`, or lines
 * indented below the key). Everything else of the front matter (lists, maps, keys that we do not know) is skipped. A
 * description is required: without one nobody could tell when the skill is meant.
 */
export interface SkillText {
  readonly description: string;
  /** What to say behind its name: `[file]`. */
  readonly argumentHint: string | undefined;
  readonly body: string;
}

export function parseSkill(text: string): SkillText | { readonly fault: string } {
  const [opening, ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const end = lines.findIndex((line) => /^---\s*$/.test(line));
  if (!/^---\s*$/.test(opening ?? '') || end === -1) return { fault: 'it has no front matter between two lines `---`' };
  const fields = readFields(lines.slice(0, end));
  const description = fields.get('description') ?? '';
  if (description === '') return { fault: 'its front matter has no `description`' };
  return { description, argumentHint: fields.get('argument-hint'), body: lines.slice(end + 1).join('\n').trim() };
}

function readFields(lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < lines.length; at += 1) {
    const [, key, first = ''] = /^([A-Za-z][\w-]*):(?:\s+(.*)|\s*)$/.exec(lines[at] ?? '') ?? [];
    if (key === undefined) continue;
    const block: string[] = [];
    while (/^(?:\s+\S|\s*$)/.test(lines[at + 1] ?? 'x')) block.push((lines[(at += 1)] ?? '').trim());
    const inline = /^[|>][+-]?\s*$/.test(first) ? '' : first;
    fields.set(key.toLowerCase(), unquoted([inline, ...block].join(' ').replace(/\s+/g, ' ').trim()));
  }
  return fields;
}

function unquoted(value: string): string {
  const [, quote, inside] = /^(["'])([\s\S]*)\1$/.exec(value) ?? [];
  if (inside === undefined) return value.replace(/\s+#.*$/, '');
  return quote === '"' ? inside.replace(/\\(["\\])/g, '$1') : inside.replaceAll("''", "'");
}

/** The body with the arguments in it; behind it, where it names no place for them. */
export function withArguments(body: string, args: string): string {
  if (body.includes('$ARGUMENTS')) return body.replaceAll('$ARGUMENTS', () => args);
  return args === '' ? body : `${body}\n\nArguments: ${args}`;
}
