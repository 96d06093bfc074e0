/** Thoughts as people read them: vendors set their headings between asterisks, on lines of their own. Pure. */

export function plainThought(text: string): string {
  return text.replace(/^\*\*(.+)\*\*$/gm, '$1');
}

/** The same for a thought that comes in pieces: of a line that may be a heading nothing is given out until it ends. */
export function createThoughtText(): { push(text: string): string; end(): string } {
  let held = '';
  let isInLine = false;
  return {
    push(text) {
      const lines = (held + text).split('\n');
      const last = lines.pop() ?? '';
      const whole = lines.map((line, index) => `${index === 0 && isInLine ? line : plainThought(line)}\n`).join('');
      if (lines.length > 0) isInLine = false;
      const mayBeHeading = !isInLine && /^\*(?:$|\*)/.test(last) && last.length <= HEADING_CHARS_MAX;
      held = mayBeHeading ? last : '';
      isInLine ||= !mayBeHeading && last !== '';
      return mayBeHeading ? whole : whole + last;
    },
    end() {
      const rest = plainThought(held);
      held = '';
      isInLine = false;
      return rest;
    },
  };
}

const HEADING_CHARS_MAX = 500;
