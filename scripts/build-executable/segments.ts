/**
 * Which module goes into which file of the executable.
 *
 * In: the module graph. Out: segment → its modules, sorted. A segment is what one dynamic `import()` adds to what is already
 * there: the start segment is the main script and holds what `sx version` needs; the others are loaded when a module of theirs is
 * first required. A module belongs to the first segment that needs it. Of an index only those members count that somebody uses.
 * Two segments are cut out of the others by what is known of a run: what the screen's first frame needs, and what a turn seldom
 * calls.
 */
import type { Module, Requirement } from './module-graph.ts';

export const START = 'start';
export const ENTRY = 'apps/sx/src/sea.js';

/** What `sx version`, `sx --help` and a misspelt flag need. */
const START_ROOTS = ['sea', 'version', 'report-error', 'cli/parse-arguments', 'cli/commands', 'commands/help', 'commands/version'].map((name) => `apps/sx/src/${name}.js`);
/**
 * What stands when the screen takes its first key: these, and what they name directly. What they ask of an index is not needed
 * before something is said.
 */
const FRAME = 'first-frame';
const FRAME_ROOTS = [
  ...['command', 'run-screen'].map((name) => `apps/sx/src/modes/interactive/${name}.js`),
  ...[
    'index', 'colour/capabilities', 'colour/theme', 'editor/editor-state', 'editor/view-editor', 'screen/screen',
    'screen/terminal',
  ].map((name) => `packages/tui/src/${name}.js`),
];
/**
 * Modules that every turn evaluates and few turns call: their functions are not compiled ahead. As measured by the coverage of a
 * turn with two tools.
 */
const SELDOM = 'seldom-called';
const SELDOM_MODULES = new RegExp(
  [
    'tools/src/(edit|explain-no-match|glob|grep|line-search|list|shell-jobs|task|todo|unified-diff|walk|write)',
    'agent/src/(file-changes|hooks/.*|skills/.*|session/(read-message|session-decoder|stored-session))',
    'llm/src/(media-facts|media-limits|price|response-error|retry-after|say-reset)',
    'net/src/(trace|socket/(proxy-.*|tls-error|trust-bundle))',
    'net/src/token/(atomic-file|credential-(store|update)|fetched-.*|file-lock|json-splice|remote-.*)',
    'auth/src/oauth/.*',
    'protocols/src/(openai-rate-limits|openai-responses/(errors|rate-limits))',
    'provider-codex/src/(account|models)',
  ].map((path) => `^packages/${path}\\.js$`).join('|'),
);
/** Before the others: what several commands share is compiled ahead with those that somebody waits for. */
const FIRST = [
  /^apps\/sx\/src\/commands\/exec\.js$/,
  /^apps\/sx\/src\/providers\/codex\.js$/,
  /^apps\/sx\/src\/modes\/interactive\/(command|run-screen)\.js$/,
  /^apps\/sx\/src\/providers\//,
  /./,
];

/** Segments of a turn with the main provider and of the first frame: kept as they are, so that nothing has to be unpacked. */
export function isHot(name: string): boolean {
  return /^(apps-sx-(commands-exec|providers-codex)|first-frame|seldom-called)$/.test(name);
}

export function segmentsOf(modules: ReadonlyMap<string, Module>): Map<string, string[]> {
  const rank = (id: string): number => FIRST.findIndex((pattern) => pattern.test(id));
  const placed = new Map<string, Set<string> | 'all'>();
  const segments = new Map<string, string[]>();
  const frame = direct(modules, FRAME_ROOTS);
  const homeOf = (id: string, name: string): string => {
    if (frame.has(id)) return FRAME;
    return isHot(name) && SELDOM_MODULES.test(id) ? SELDOM : name;
  };
  // Reaching a module may bring further dynamic imports into the program.
  const waiting = [START_ROOTS];
  for (let roots = waiting.shift(); roots !== undefined; roots = waiting.shift()) {
    const found: string[] = [];
    const visit = ({ id, names }: Requirement): void => {
      const module = modules.get(id);
      const known = placed.get(id);
      if (module === undefined || known === 'all') return;
      if (known === undefined) {
        found.push(id);
        module.requires.forEach(visit);
      }
      const wanted = new Set([...(known ?? []), ...(names === 'all' ? module.reexports.keys() : names)]);
      placed.set(id, module.reexports.size === 0 || names === 'all' ? 'all' : wanted);
      for (const name of wanted) {
        const from = known?.has(name) === true ? undefined : module.reexports.get(name);
        if (from !== undefined) visit(from);
      }
    };
    for (const id of roots) visit({ id, names: 'all' });
    for (const id of found.sort()) {
      const home = roots === START_ROOTS ? START : homeOf(id, segmentName(roots.join()));
      segments.set(home, [...(segments.get(home) ?? []), id]);
    }
    const targets = found.flatMap((id) => modules.get(id)?.imports ?? []).filter((id) => placed.get(id) !== 'all');
    for (const target of targets) if (!waiting.some(([id]) => id === target)) waiting.push([target]);
    waiting.sort(([a = ''], [b = '']) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }
  return segments;
}

/** The modules and what is evaluated with them. */
function direct(modules: ReadonlyMap<string, Module>, roots: readonly string[]): Set<string> {
  const found = new Set(roots);
  for (const id of found) {
    const module = modules.get(id);
    if (module === undefined) throw new Error(`segments: no module ${id}`);
    module.requires.forEach((requirement) => found.add(requirement.id));
  }
  return found;
}

/** `apps/sx/src/commands/exec.js` → `apps-sx-commands-exec`. */
function segmentName(id: string): string {
  return id.replace(/\/src\/|\//g, '-').replace(/\.js$/, '');
}
