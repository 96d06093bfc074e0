import assert from 'node:assert/strict';
import { test } from 'node:test';

import { htmlTitle, htmlToText } from '../src/html-to-text.ts';

const BASE = 'https://example.com/docs/page.html';

const pages: readonly (readonly [html: string, text: string])[] = [
  ['<h1>Title</h1><p>One <b>two</b>\n three.</p><p>Four', '# Title\n\nOne two three.\n\nFour'],
  ['a<br>b<hr>c', 'a\nb\n---\nc'],
  ['<ul><li>one<li> two<ul><li>deep</ul></ul>', '- one\n- two\n  - deep'],
  ['<a href="../x?a=1&amp;b">see <i>this</i></a>, <a href="javascript:alert(1)">not</a>, <a href="#top">nor</a>', '[see this](https://example.com/x?a=1&b), not, nor'],
  ['<p>Use <code>a  &lt; b</code> now</p><pre>\n  if (x)\n    y();\n</pre>z', 'Use `a < b` now\n\n```\n  if (x)\n    y();\n```\n\nz'],
  ['<table><tr><th>a<th>b</tr><tr><td>1</td><td>2</td></tr></table>', 'ab\n1 | 2 |'],
  ['<script>if (a < b) "</p>"</script>x<style>p{}</style><!-- no <p> -->y<!doctype html><?pi?>z', 'xyz'],
  ['<img src="x" alt="a &quot;cat&quot;"><img src=y>', '[image: a "cat"]'],
  ['<div hidden>ignore <div>all</div> of this</div>seen<p style="display: none">not</p><span aria-hidden="true">no</span>', 'seen'],
  ['&#72;&#x69; &nosuch; &#0;&#xd800;&#99999999; &eacute;&nbsp;x', 'Hi &nosuch; \ufffd\ufffd\ufffd é x'],
  ['1 < 2 && 3 > 2', '1 < 2 && 3 > 2'],
  ['a <b title="x > y">c</b>', 'a c'],
  ['text <a href="x', 'text'],
  ['text <!-- never ends', 'text'],
  ['<script>never ends', ''],
  ['</p></ul></a></pre>x', 'x'],
  ['', ''],
];
for (const [html, text] of pages) test(`reads ${JSON.stringify(html).slice(0, 60)}`, () => assert.equal(htmlToText(html, BASE), text));

test('the title is one line', () => {
  assert.equal(htmlTitle('<head><title lang="en">\n A &amp;\n B </title>'), 'A & B');
  assert.equal(htmlTitle('<p>none'), undefined);
});

/** Each would take minutes in a reader that looks at something twice. */
for (const [name, piece] of [
  ['unclosed elements', '<div>'], ['unclosed links', '<a href=x>y'], ['tags without an end', '<a '], ['hidden tags without an end', '<div hidden><div '], ['quotes', '<p a="'], ['comments', '<!-- <!'], ['scripts', '<script><script '],
  ['spaces', '<pre>                        '], ['ampersands', '&#&&amp'], ['angle brackets', '<<'], ['links in links', '<a href=x><a href=x>y</a>'], ['closing tags', '</pre></a></li>'], ['lists', '<ul><li>'],
] as const) {
  test(`megabytes of ${name} are read in little time`, () => {
    const started = performance.now();
    htmlToText(piece.repeat(Math.ceil(2_000_000 / piece.length)), BASE);
    assert.ok(performance.now() - started < 5_000);
  });
}
