/** Arguments as if other flags had been given: what commands of the screen make of those of the call. Pure. */
import type { OptionName } from './options.ts';
import type { Arguments } from './parse-arguments.ts';

/** Undefined takes the flag away. A switch is given as an empty text. */
export function changedArguments(args: Arguments, changes: Partial<Record<OptionName, string | undefined>>): Arguments {
  const given = new Map<string, string | undefined>(Object.entries(changes));
  const value = (name: OptionName): string | undefined => (given.has(name) ? given.get(name) : args.value(name));
  return {
    ...args,
    on: (name) => (given.has(name) ? given.get(name) !== undefined : args.on(name)),
    value,
    values(name) {
      if (!given.has(name)) return args.values(name);
      const own = given.get(name);
      return own === undefined ? [] : [own];
    },
  };
}
