// SPDX-License-Identifier: MIT
// The texts of the interface: the same keys and gaps in every language, and none unused.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const web = resolve(new URL('.', import.meta.url).pathname, '../../src/web');
const texts = Object.fromEntries(['en', 'ko', 'tr'].map((lang) =>
  [lang, JSON.parse(readFileSync(join(web, 'i18n', `${lang}.json`), 'utf8'))]));
const code = readdirSync(join(web, 'js')).map((file) => readFileSync(join(web, 'js', file), 'utf8')).join('\n')
  + readFileSync(join(web, 'index.html'), 'utf8');
let failed = 0;

function test(sentence, problems) {
  for (const problem of problems) console.log(`# ${problem}`);
  console.log(`${problems.length ? 'not ok' : 'ok'} - ${sentence}`);
  failed += problems.length > 0;
}

const gaps = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join(',');
const queries = (lang) => Object.keys(texts[lang]).filter((key) => key.startsWith('query.'));
const problems = [];
for (const lang of ['ko', 'tr']) {
  for (const key of new Set([...Object.keys(texts.en), ...Object.keys(texts[lang])])) {
    if (key.startsWith('query.')) continue;
    if (!(key in texts.en) || !(key in texts[lang])) problems.push(`${key} is missing in ${key in texts.en ? lang : 'en'}`);
    else if (gaps(texts.en[key]) !== gaps(texts[lang][key])) problems.push(`${key}: other gaps in ${lang}`);
  }
}
test('every text stands in English, Korean and Turkish with the same gaps', problems);

// English is the parser's own; its codes stand as texts at the heads of its notes
const match = join(web, '../match');
const codes = new Set(readdirSync(match).filter((file) => file.endsWith('.c')).flatMap((file) => {
  const source = readFileSync(join(match, file), 'utf8');
  const notes = [...source.matchAll(/(?:es_note_(?:error|limit|warning|own)|\bbad)\(([^;]*);/g)].map((m) => m[1]);
  return notes.flatMap((note) => /^[^"]*?"([a-z0-9-]+)"(?:\s*:\s*"([a-z-]+)")?/.exec(note)?.slice(1).filter(Boolean) ?? []);
}));
test('what can be wrong with a query is said in Korean and Turkish', [...(codes.size < 50 ? [`only ${codes.size} codes are found`] : []),
  ...['ko', 'tr'].flatMap((lang) => [...[...codes].filter((code) => !(`query.${code}` in texts[lang])).map((code) => `${code} is missing in ${lang}`),
    ...queries(lang).filter((key) => !codes.has(key.slice('query.'.length))).map((key) => `${key} of ${lang} is no code`)])]);

// keys that are built ("rule." + value): their heads stand in the code
const built = ['rule', 'channel', 'lang', 'priority', 'decision', 'state', 'span', 's', 'error', 'voice'];
const used = (key) => code.includes(`'${key}'`) || code.includes(`"${key}"`) || code.includes(`\`${key}`)
  || (built.includes(key.split('.')[0]) && key.includes('.'));
test('no text is unused', Object.keys(texts.en).filter((key) => !used(key)));

const particles = /\}(은|는|이|가|을|를|와|과|로|으로)(\s|\.)|\}'(da|de|ta|te|dan|den|a|e|ı|i|nın|nin)\b/;
test('no suffix hangs on a gap, where it would have to follow the name',
  ['ko', 'tr'].flatMap((lang) => Object.entries(texts[lang]).filter(([, text]) => particles.test(text)).map(([key]) => `${lang} ${key}`)));

process.exit(failed ? 1 : 0);
