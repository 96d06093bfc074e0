import type { ProviderErrorCode } from '@sx/llm';

import { delayIn } from './delay-in.ts';

const MONEY =
  /billing|insufficient (?:balance|credit|fund|quota)|available balance|quota exceeded|your current quota|credits? (?:are |is )?(?:depleted|exhausted)/i;
const USED_UP = /usage limit (?:is |has been |was )?(?:reached|exceeded)|monthly (?:usage )?limit|weekly limit|5-hour limit/i;

/**
 * Does a refusal say that money, or the plan's share of a window, is used up, where its code does not? Of money not where it names
 * a delay: then waiting helps, and the word stands in an advice to pay for more.
 */
export function saysSpent(message: string): Extract<ProviderErrorCode, 'PROVIDER_QUOTA' | 'PROVIDER_USAGE_LIMIT'> | undefined {
  if (USED_UP.test(message)) return 'PROVIDER_USAGE_LIMIT';
  return MONEY.test(message) && delayIn(message) === undefined ? 'PROVIDER_QUOTA' : undefined;
}
