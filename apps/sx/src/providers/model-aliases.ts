/** What `opus`, `sonnet` and `haiku` stand for at one provider, where its keys say something else than its package. */
import type { Config } from '@sx/config';

const ALIASES = [['opus', 'OPUS'], ['sonnet', 'SONNET'], ['haiku', 'HAIKU']] as const;

export function modelAliases(config: Config, prefix: 'CODEX' | 'CLAUDE_CODE' | 'ANTHROPIC' | 'GEMINI'): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ALIASES.flatMap(([alias, end]) => {
      const model = config.text(`${prefix}_MODEL_${end}`);
      return model === undefined ? [] : [[alias, model]];
    }),
  );
}
