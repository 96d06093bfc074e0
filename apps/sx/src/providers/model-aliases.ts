/** What `opus`, `sonnet` and `haiku` stand for at one provider, where its keys say something else than its package. */
import type { Config, KeyName } from '@sx/config';

const ALIASES = [['opus', 'OPUS'], ['sonnet', 'SONNET'], ['haiku', 'HAIKU']] as const;

/** Providers whose aliases have keys. */
type Prefix<Name extends KeyName = KeyName> = Name extends `${infer Beginning}_MODEL_OPUS` ? Beginning : never;

export function modelAliases(config: Config, prefix: Prefix): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ALIASES.flatMap(([alias, end]) => {
      const model = config.text(`${prefix}_MODEL_${end}`);
      return model === undefined ? [] : [[alias, model]];
    }),
  );
}
