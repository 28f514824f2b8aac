// @ts-check
// What a formatter does not see to.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('../../pages/ui/web', import.meta.url));
const SOURCES = readdirSync(WEB, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('__'))
  .flatMap(({ name }) => readdirSync(join(WEB, name)).map((file) => join(WEB, name, file)))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

test('no line is longer than 120', () => {
  assert.ok(SOURCES.length > 40);
  for (const { path, text } of SOURCES)
    text.split('\n').forEach((line, i) => {
      assert.ok([...line].length <= 120, `${path}:${i + 1}`);
    });
});

test('every module is checked by its types', () => {
  for (const { path, text } of SOURCES)
    if (path.endsWith('.js') && !path.endsWith('frame-types.js')) assert.ok(text.startsWith('// @ts-check\n'), path);
});

test('text is text: no HTML is made from it', () => {
  for (const { path, text } of SOURCES)
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment/, path);
});

test('no address of another host stands in a script or a style, but those of papers and of MathML', () => {
  for (const { path, text } of SOURCES)
    for (const [found] of text.matchAll(/\bhttps?:\/\/[^\s'"`)]*/g))
      assert.match(found, /^(https:\/\/arxiv\.org\/abs\/|http:\/\/www\.w3\.org\/)/, path);
});
