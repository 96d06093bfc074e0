/** The graphic rendition in force: SGR parameters in, a canonical string out, by which a test compares cells. */
export interface TerminalStyle {
  /** `1;38;5;12`; empty for plain. */
  readonly text: string;
  /** @returns the parameters that it does not know. */
  select(digits: string): readonly number[];
}

export function createTerminalStyle(): TerminalStyle {
  const set = new Map<string, string>();
  let text = '';
  const selectOne = (code: number): boolean => {
    if (code === 0) set.clear();
    else if (code >= 1 && code <= 9) set.set(`attribute ${code}`, String(code));
    else if (code === 22) for (const name of ['1', '2']) set.delete(`attribute ${name}`);
    else if (code >= 23 && code <= 29) set.delete(`attribute ${code - 20}`);
    else if (code === 39) set.delete('foreground');
    else if (code === 49) set.delete('background');
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) set.set('foreground', String(code));
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) set.set('background', String(code));
    else return false;
    return true;
  };
  return {
    get text() {
      return text;
    },
    select(digits) {
      const unknown: number[] = [];
      const values = digits === '' ? ['0'] : digits.split(';');
      for (let at = 0; at < values.length; at += 1) {
        const code = Number(values[at] === '' ? '0' : values[at]);
        const ground = code === 38 ? 'foreground' : code === 48 ? 'background' : undefined;
        if (ground !== undefined) {
          const length = values[at + 1] === '5' ? 3 : 5;
          set.set(ground, values.slice(at, at + length).join(';'));
          at += length - 1;
        } else if (!selectOne(code)) unknown.push(code);
      }
      text = [...set.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value).join(';');
      return unknown;
    },
  };
}
