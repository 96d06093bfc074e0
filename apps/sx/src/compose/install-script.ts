/**
 * Whether a package manager started us, while it installs or builds a package. Malicious packages have done that to drive
 * agents that were told to ask for nothing.
 */
const SIGNS: readonly (readonly [variable: string, manager: string])[] = [
  ['npm_lifecycle_event', 'npm'],
  ['npm_lifecycle_script', 'npm'],
  ['PNPM_SCRIPT_SRC_DIR', 'pnpm'],
  ['PIP_BUILD_TRACKER', 'pip'],
  ['PIP_REQ_TRACKER', 'pip'],
  ['COMPOSER_DEV_MODE', 'composer'],
  ['CARGO_MANIFEST_DIR', 'cargo'],
];

/** The variable that gives it away, and who sets it. */
export function installScript(
  environment: Readonly<Record<string,
  string | undefined>>,
): { readonly variable: string; readonly manager: string } | undefined {
  const found = SIGNS.find(([variable]) => (environment[variable] ?? '') !== '');
  return found === undefined ? undefined : { variable: found[0], manager: found[1] };
}
