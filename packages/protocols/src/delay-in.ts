/** A delay that stands in the text of an error: "… try again in 11.054s", "28ms", "1.5 seconds". In milliseconds. */
export function delayIn(message: string): number | undefined {
  const [, amount, unit] = /try again in\s*(\d+(?:\.\d+)?)\s*(s|ms|seconds?)(?![a-z])/i.exec(message) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return unit.toLowerCase() === 'ms' ? Number(amount) : Math.round(Number(amount) * 1000);
}
