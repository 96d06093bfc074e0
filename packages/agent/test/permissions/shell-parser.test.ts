import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseShellLine } from '../../src/permissions/shell-parser.ts';

/** `git log` for words, `?x` for a word that expands, `A=` for an assignment, `>f` and `<f` for redirections. */
function outline(source: string): string[] {
  return parseShellLine(source).commands.map(({ words, assignments, redirections }) =>
    [
      ...assignments.map((name) => `${name}=`),
      ...words.map((word) => (word.literal ? '' : '?') + word.text),
      ...redirections.map(({ action, target }) => (action === 'edit' ? '>' : '<') + (target.literal ? '' : '?') + target.text),
    ].join(' '),
  );
}

const understood: readonly (readonly [string, readonly string[]])[] = [
  ['git log', ['git log']],
  ['  git\tlog  ', ['git log']],
  ['', []],
  ['# only a comment', []],
  ['a # b; c', ['a']],
  ['a#b c', ['a#b c']],
  ['a && b || c; d | e & f', ['a', 'b', 'c', 'd', 'e', 'f']],
  ['a\nb\n\nc', ['a', 'b', 'c']],
  ['a |& b', ['a', 'b']],
  ['a \\\n b', ['a b']],
  ['gi\\\nt log', ['git log']],
  ["'a b' \"c d\" e\\ f", ['a b c d e f']],
  ["g'i't \"lo\"g", ['git log']],
  ["echo 'a;b' \"c|d\" e\\;f", ['echo a;b c|d e;f']],
  ["echo '$(rm)' \\$\\(rm\\)", ['echo $(rm) $(rm)']],
  ['echo "\\$(rm) \\`rm\\`"', ['echo $(rm) `rm`']],
  ['echo $x "$y" ${z} $1 $?', ['echo ?$x ?$y ?${z} ?$1 ?$?']],
  ['echo ${x:-y} ${x%.ts} ${#x}', ['echo ?${x:-y} ?${x%.ts} ?${#x}']],
  ['echo $(rm -rf x)', ['rm -rf x', 'echo ?$(rm -rf x)']],
  ['echo "$(rm "$(id)")"', ['id', 'rm ?$(id)', 'echo ?$(rm "$(id)")']],
  ['echo `rm \\`id\\``', ['id', 'rm ?`id`', 'echo ?`rm \\`id\\``']],
  ['echo $((1 + 2))', ['echo ?$((1 + 2))']],
  ['echo $ 5$', ['echo $ 5$']],
  ['(a; b) && { c; d; }', ['a', 'b', 'c', 'd']],
  ['(a) > f', ['a', '>f']],
  ['if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e']],
  ['while a; do b; done < f', ['a', 'b', '<f']],
  ['for f in *.ts "$x"; do git add "$f"; done', ['f=', 'git add ?$f']],
  ['for f in $(rm x); do a; done', ['rm x', 'f=', 'a']],
  ['! a', ['a']],
  ['echo if then fi { }', ['echo if then fi { }']],
  ["'if' a", ['if a']],
  ["'for' x", ['for x']],
  ['A=1 B="$x" cmd', ['A= B= cmd']],
  ['A=1', ['A=']],
  ['A+=1 cmd', ['A= cmd']],
  ['cmd A=1', ['cmd A=1']],
  ['PA\\\nTH=x cmd', ['PATH=x cmd']],
  ['a > f 2>&1 < g >> h', ['a >f <g >h']],
  ['a 2>err >|out <>both', ['a >err >out >both']],
  ['a >&2 2>&- <&0', ['a']],
  ['a >& f', ['a >f']],
  ['a > "$x" > ~/f > *.txt', ['a >?$x >?~/f >?*.txt']],
  ['>f', ['>f']],
  ['$(<f)', ['<f', '?$(<f)']],
  ['cat <<E\nrm $(id)\nE\nb', ['cat', 'id', 'b']],
  ["cat <<'E'\nrm $(id) `id`\nE\nb", ['cat', 'b']],
  ['cat <<-E\n\tx\n\tE\nb', ['cat', 'b']],
  ['cat <<A <<B\na\nA\nb\nB\nc', ['cat', 'c']],
  ['cat <<E; b\nx "quote\nE\nc', ['cat', 'b', 'c']],
  ['cat <<< word', ['cat']],
  ['ls *.ts a?b [ab]c {a,b} {1..3} ~ {} [', ['ls ?*.ts ?a?b ?[ab]c ?{a,b} ?{1..3} ?~ {} [']],
  ['find . -exec rm {} \\;', ['find . -exec rm {} ;']],
  ['a;', ['a']],
  ['é ü', ['é ü']],
];

for (const [source, expected] of understood) {
  test(`understands ${JSON.stringify(source)}`, () => {
    assert.deepEqual(parseShellLine(source).problems, []);
    assert.deepEqual(outline(source), expected);
  });
}

/** What is not understood, and the commands that must be seen all the same. */
const notUnderstood: readonly (readonly [string, (readonly string[])?])[] = [
  ["echo 'open"],
  ['echo "open'],
  ['echo `open', ['open']],
  ['echo $(rm', ['rm']],
  ['(a', ['a']],
  ['a)', ['a']],
  ['echo ${x'],
  ['echo ${x@P}'],
  ['echo ${!x}'],
  ['echo ${x:=$(rm)}', ['rm']],
  ['echo ${x:-$(rm)}', ['rm']],
  ['echo $((x))'],
  ['echo $((a[$(rm)]))', ['rm']],
  ['echo $[1+1]'],
  ["echo $'\\x41'"],
  ['echo $"x"'],
  ['((x=1))'],
  ['[[ a < b ]]'],
  ['case x in a) rm;; esac', ['rm']],
  ['f() { rm; }; f', ['rm']],
  ['function f { rm; }'],
  ['a=(b c)'],
  ['coproc rm'],
  ['select x in a; do rm; done', ['rm']],
  ['a &> f', ['>f']],
  ['a &>> f', ['>f']],
  ['diff <(rm a) <(rm b)', ['rm a', 'rm b']],
  ['a > >(rm)', ['rm']],
  ['a >'],
  ['a > ; b', ['b']],
  ['cat <<E\nno end'],
  ['cat <<E'],
  ['cat <<E\nfoo\\\nE\necho \'\nE\nrm\n\''],
  ['cat <<$x\n$x\n'],
  ['cat <<E "a\nE\nrm"\nE\n'],
  ['$(cat <<E)\nrm\nE\n'],
  ['echo $\\\n(rm)', ['rm']],
  ['echo > $\\\n{x}'],
  ['a\r\nb'],
  ['a\u0000b'],
  ['a\u001b[31m'],
  ['{ a; } b'],
  ['fi b'],
  ['for $x in a; do b; done'],
  ['for x in a > f; do b; done'],
  ['echo "`echo \\"x\\"`"'],
  [`${'$('.repeat(40)}rm${')'.repeat(40)}`],
  [`${'`'.repeat(3)}`],
  ['x'.repeat(70_000)],
];

for (const [source, seen] of notUnderstood) {
  test(`does not claim to understand ${JSON.stringify(source.slice(0, 60))}`, () => {
    const { problems } = parseShellLine(source);
    assert.notDeepEqual(problems, []);
    const lines = outline(source);
    for (const command of seen ?? []) assert.ok(lines.some((line) => line === command || line.startsWith(`${command} `)), `${command} in ${JSON.stringify(lines)}`);
  });
}

test('any text is parsed to an end, in time linear enough', () => {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const alphabet = ['a', ' ', '\n', '$', '(', ')', '`', '"', "'", '\\', '{', '}', ';', '&', '|', '<', '>', '<<E\n', '#', '=', '*', '~', '[', ']', '!', 'if ', 'for ', 'do ', '$((', '${', 'E\n'];
  for (let round = 0; round < 3_000; round++) {
    const source = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join('');
    parseShellLine(source);
  }
  for (const piece of ['(', '$(', '`', '"', '${', '<<E\n', "'a'", '\\\n', '$((']) {
    const startedAt = performance.now();
    parseShellLine(piece.repeat(Math.floor(60_000 / piece.length)));
    assert.ok(performance.now() - startedAt < 2_000, `${piece} takes too long`);
  }
});
