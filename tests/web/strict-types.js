// @ts-check
// Holds the pages' modules to the types of tsconfig.strict.json, all but those that its list `loose` names: that list
// can only become shorter. `node tests/web/strict-types.js`, from the project's folder; `make check-js` does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const CONFIG = 'tsconfig.strict.json';
/** @type {{loose: string[]}} */
const { loose } = JSON.parse(readFileSync(CONFIG, 'utf8'));
const command = ['node_modules/typescript/bin/tsc', '-p', CONFIG, '--pretty', 'false'];
const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });

/** @type {Map<string, string[]>} */
const found = new Map();
let file = '';
for (const line of stdout.split('\n').filter(Boolean)) {
  const begins = /^(\S+\.js)\(\d+,\d+\): error /.exec(line);
  if (begins) file = begins[1];
  else if (!line.startsWith(' ')) file = CONFIG; // an error of no file
  found.set(file, [...(found.get(file) ?? []), line]);
}
const wrong = [...found].filter(([name]) => !loose.includes(name)).flatMap(([, lines]) => lines);
const mended = loose.filter((name) => !found.has(name));
for (const name of mended) wrong.push(`${name} is strict: take it off the list in ${CONFIG}`);
if (status !== 0 && !found.size) wrong.push(stderr || `the compiler ended with ${status}`);
for (const line of wrong) console.error(line);
process.exitCode = wrong.length ? 1 : 0;
