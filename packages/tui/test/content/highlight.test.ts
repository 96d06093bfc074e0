import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createHighlighter, createTheme, highlightCode, type HighlightState, languageOfFile, lineText } from '../../src/index.ts';

/** Lines with every token that is not plain as `kind{text}`. */
function marked(language: string, code: string): string {
  const highlighter = createHighlighter(language);
  assert.ok(highlighter !== undefined, language);
  let state: HighlightState;
  return code
    .split('\n')
    .map((text) => {
      const scanned = highlighter.line(text, state);
      state = scanned.state;
      assert.equal(scanned.tokens.map((token) => token.text).join(''), text);
      return scanned.tokens.map(({ text: part, kind }) => (kind === 'plain' ? part : `${kind}{${part}}`)).join('');
    })
    .join('\n');
}

describe('tokens', () => {
  const rows: readonly (readonly [language: string, code: string, tokens: string])[] = [
    ['ts', 'const a: Map = f("x\\"", 0x1f); // c', 'keyword{const} a: type{Map} = function{f}(string{"x\\""}, number{0x1f}); comment{// c}'],
    ['js', '/* a\nb */ `x\n${y}` /', 'comment{/* a}\ncomment{b */} string{`x}\nstring{${y}`} /'],
    ['python', '@dec\ndef f(): # c\n    """a\n    b""" + \'x\'', 'property{@dec}\nkeyword{def} function{f}(): comment{# c}\n    string{"""a}\nstring{    b"""} + string{\'x\'}'],
    ['go', 'func main() { x := `a`; return nil }', 'keyword{func} function{main}() { x := string{`a`}; keyword{return} keyword{nil} }'],
    ['rust', "fn f<'a>(x: &'a str) -> Vec", "keyword{fn} f<'a>(x: &'a keyword{str}) -> type{Vec}"],
    ['c', '#include "a.h"\nint x = 1.5e3f;', 'property{#include} string{"a.h"}\nkeyword{int} x = number{1.5e3f};'],
    ['bash', 'if [ "$x" ]; then echo $HOME # c\nfi', 'keyword{if} [ string{"$x"} ]; keyword{then} keyword{echo} property{$HOME} comment{# c}\nkeyword{fi}'],
    ['json', '{"a": "b", "c": [true, 1]}', '{property{"a"}: string{"b"}, property{"c"}: [keyword{true}, number{1}]}'],
    ['yaml', 'key: "v" # c\n- other-key: true', 'property{key}: string{"v"} comment{# c}\n- property{other-key}: keyword{true}'],
    ['toml', '[a]\nb = "c"', '[a]\nproperty{b} = string{"c"}'],
    ['sql', "Select * from t where a = 'x' -- c", "keyword{Select} * keyword{from} t keyword{where} a = string{'x'} comment{-- c}"],
    ['html', '<a href="x">b<!-- c\nd --></a>', 'keyword{<a} property{href}=string{"x"}keyword{>}bcomment{<!-- c}\ncomment{d -->}keyword{</a>}'],
    ['css', '.a { color: #fff; }', 'property{.a} { property{color}: property{#fff}; }'],
    ['ruby', 'def f; @x = :sym; end', 'keyword{def} f; property{@x} = property{:sym}; keyword{end}'],
    ['lua', 'local x = [[a]] -- c', 'keyword{local} x = string{[[a]]} comment{-- c}'],
    ['php', '$a = new Foo();', 'property{$a} = keyword{new} function{Foo}();'],
    ['java', '@Override public String a() {', 'property{@Override} keyword{public} type{String} function{a}() {'],
    ['diff', '@@ -1 @@\n-a\n+b\n c', 'hunk{@@ -1 @@}\nremoved{-a}\nadded{+b}\n c'],
    ['dockerfile', 'FROM node\nRUN echo $A', 'keyword{FROM} node\nkeyword{RUN} echo property{$A}'],
  ];
  for (const [language, code, tokens] of rows) test(language, () => assert.equal(marked(language, code), tokens));
});

test('an unknown language is plain', () => {
  assert.equal(createHighlighter('brainfuck'), undefined);
  assert.equal(createHighlighter('constructor'), undefined);
  assert.deepEqual(highlightCode('a\nb', 'brainfuck', createTheme('light')).map(lineText), ['a', 'b']);
});

test('a file says its language by its name', () => {
  assert.deepEqual(['a/b.test.TS', 'Makefile', 'x/Dockerfile', 'none', 'a.c++'].map(languageOfFile), ['ts', 'makefile', 'dockerfile', '', 'c++']);
});

test('a line of 100,000 characters costs no more than its length', () => {
  const started = performance.now();
  for (const text of ['"'.repeat(100_000), '/*'.repeat(50_000), '1'.repeat(100_000), '<a '.repeat(30_000), 'a.b('.repeat(25_000)]) {
    for (const language of ['js', 'html', 'yaml']) createHighlighter(language)?.line(text, undefined);
  }
  assert.ok(performance.now() - started < 3_000);
});
