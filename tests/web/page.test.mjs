// SPDX-License-Identifier: MIT
// The pages in a real browser: counts move live, a label is corrected and stays corrected,
// three languages, a hostile post stays text.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { axe, check, equal, folder, remove, run, startBrowser, startEarshot, test, until } from './harness.mjs';

const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>acme refund is terrible';
const rows = [
  ['en', 'acme support was great, they solved it at once'], ['en', hostile],
  ['en', 'acme refund still missing, terrible service'], ['en', 'acme opens a store on Monday'],
  ['ko', 'acme 배송이 너무 늦어요 최악이에요'], ['ko', 'acme 정말 친절하고 최고예요'],
  ['tr', "acme'den aldım, harika bir ürün"], ['tr', 'acme kargo rezalet, iade istiyorum'],
  ['en', 'rival is cheaper than acme'], ['en', 'I love rival'],
];

const line = (i, lang, text) => `${JSON.stringify({
  native_id: `w${i}`, lang, text, channel: i % 2 ? 'x' : 'forum', author: { name: `author ${i}` },
  published_at: new Date(Date.now() - (rows.length - i) * 3600e3).toISOString(),
})}\n`;

const config = (where) => `
bus: ./log.db
view: {path: ./view.db}
timezone: Europe/Istanbul
topics: {partitions: 2}
sources:
  - {id: posts, kind: jsonl, url: "file:posts.jsonl", every: 1s}
  - {id: away, kind: feed, url: "file:none.xml", every: 1h}
brands:
  - {id: acme, name: Acme, topics: [{id: acme-all, query: 'acme'}]}
  - {id: rival, name: Rival, competitor: true, topics: [{id: rival-all, query: 'rival'}]}
flags: [{id: negative, when: 'sentiment:negative', priority: high, route: care, due: 2h}]
routes: {care: {owner: "care"}}
default_route: care
`;

async function open(state, path = '/', lang = 'en', options = {}) {
  const context = await state.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(90000);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => { if (message.type() === 'error') page.problems.push(message.text()); });
  await page.goto(`${state.earshot.url}${path}${path.includes('?') ? '&' : '?'}ui=${lang}`);
  await page.waitForSelector('#main > :not(.wait)');
  return page;
}

async function close(page) {
  equal(page.problems, [], 'errors in the console');
  await page.context().close();
}

const text = (page, selector) => page.textContent(selector);
const answer = async (state, path) => (await fetch(`${state.earshot.url}/api/v1/${path}`)).json();
const waits = async (state, id) => (await answer(state, 'queue')).items.some((item) => item.id === id);

test('the overview shows the three sentences, the counts and every chart', async (state) => {
  const page = await open(state);
  await page.waitForFunction((n) => document.querySelector('#count-n')?.textContent === String(n), rows.length);
  equal(await page.locator('.sentences li').count(), 3, 'sentences');
  for (const id of ['#time-chart svg', '#sov-chart svg', '#channel-chart svg', '#latest-list .mention']) {
    await page.waitForSelector(id);
  }
  check(await page.locator('#latest-list mark').count() > 3, 'deciding words are marked');
  await close(page);
});

test('a hostile post stays text, on every page', async (state) => {
  for (const path of ['/', '/mentions', '/queue']) {
    const page = await open(state, path);
    await page.waitForSelector('.mention');
    if (path === '/mentions') await page.waitForSelector('text=onerror');
    equal(await page.evaluate(() => window.hacked ?? 0), 0, `${path}: it ran`);
    equal(await page.locator('main img, main script').count(), 0, `${path}: it became an element`);
    await close(page);
  }
  const page = await open(state, '/mentions?q=onerror');
  const shown = await text(page, '.mention .text');
  check(shown.replace(/[+−]/g, '').includes('<script>window.hacked=1</script>'), shown);
  await close(page);
});

test('a mention says how many others are alike, in words, in three languages', async (state) => {
  const copy = 'acme opens a new store in the old town on Monday';
  for (const tail of ['https://a.example/1', '@ann https://b.example/2', '😀']) {
    appendFileSync(state.file, line(state.n, 'en', `${copy} ${tail}`));
    state.n += 1;
  }
  await until(async () => (await answer(state, 'mentions?q=old%20town')).items.length >= 3, 'the copies are not heard');
  for (const [lang, words] of [['en', 'and 2 alike'], ['ko', '비슷한 글 2건 더 있음'], ['tr', 've benzer 2 gönderi']]) {
    const page = await open(state, '/mentions?q=old%20town', lang);
    await page.waitForSelector('.mention');
    equal(await page.locator('.mention header', { hasText: words }).count(), 3, lang);
    await close(page);
  }
  equal((await answer(state, 'mentions?q=refund%20still')).items[0].cluster, undefined, 'alone');
});

test('the search box speaks the query language; a query that cannot be stays in it, with what is wrong', async (state) => {
  const page = await open(state, '/mentions?q=%22old%20town%22%20NOT%20is:duplicate');
  await page.waitForSelector('.mention');
  equal(await page.locator('.mention').count(), 1, 'each text once');
  await page.fill('input[name=q]', 'refund AND');
  await page.click('button[type=submit]');
  await page.waitForSelector('[role=alert]');
  check((await text(page, '[role=alert]')).includes('nothing to the right of AND'), await text(page, '[role=alert]'));
  equal(await text(page, '[role=alert] mark'), 'AND', 'the place is marked');
  equal(await page.inputValue('input[name=q]'), 'refund AND');
  await page.fill('input[name=q]', 'zebra*');
  await page.click('button[type=submit]');
  await page.waitForFunction(() => document.querySelector('#list p.quiet'));
  await close(page);
});

test('what is wrong with a search is said in the language of the page, where it stands', async (state) => {
  for (const [lang, words] of [['ko', '괄호가 닫히지 않았어요'], ['tr', 'Parantez kapatılmamış']]) {
    const page = await open(state, `/mentions?q=${encodeURIComponent('환불 OR (ödeme')}`, lang);
    await page.waitForSelector('[role=alert]');
    check((await text(page, '[role=alert]')).includes(words), await text(page, '[role=alert]'));
    equal(await text(page, '[role=alert] mark'), '(', 'behind letters of several bytes');
    await close(page);
  }
  const page = await open(state, '/mentions?q=refund,%20b');
  await page.waitForSelector('.odd');
  check((await text(page, '.odd')).includes('comma'), 'what is odd is told, and searched nevertheless');
  equal(await page.locator('.odd').count(), 1, 'words side by side are not odd');
  await close(page);
});

test('a time in the address that is none is said beside the search box', async (state) => {
  const page = await open(state, '/mentions?since=yesterday');
  await page.waitForSelector('[role=alert]');
  check((await text(page, '[role=alert]')).includes('since: a time such as'), await text(page, '[role=alert]'));
  equal(await page.locator('input[name=q]').count(), 1, 'the box stays');
  // the browser tells of the answer by itself
  equal(page.problems.splice(0).filter((problem) => !problem.includes('status of 400')), []);
  await close(page);
});

test('counts move live when a post comes in', async (state) => {
  const page = await open(state);
  await page.waitForFunction((n) => document.querySelector('#count-n')?.textContent === String(n), state.n);
  appendFileSync(state.file, line(state.n, 'en', 'acme is wonderful, a great surprise'));
  state.n += 1;
  await page.waitForFunction((n) => document.querySelector('#count-n')?.textContent === String(n), state.n);
  // the counts may come a moment before, with what the sources say of themselves
  await page.waitForFunction((n) => document.querySelector('#live-text').textContent.includes(String(n)), state.n);
  await close(page);
});

test('a label is corrected by key, stays corrected in the log and on the page, and can be undone', async (state) => {
  const page = await open(state, '/queue');
  await page.waitForSelector('#queue-item .mention');
  const id = await page.getAttribute('#queue-item .mention', 'data-id');
  const before = (await answer(state, 'queue')).open;
  await page.keyboard.press('3');
  await page.waitForFunction((old) => document.querySelector('#queue-item .mention')?.dataset.id !== old, id);
  const item = await until(async () => { // the read model follows within a second
    const now = await answer(state, `mentions/${id}`);
    return now.label === 'positive' && now;
  }, 'the correction did not arrive');
  equal(item.machine, 'negative', 'the label of the machine');
  equal((await answer(state, 'queue')).open, before - 1, 'open in the queue');
  await page.goto(`${state.earshot.url}/mentions?ui=en&label=positive`);
  await page.waitForSelector(`.mention.positive[data-id="${id}"] .corrected`);
  // it stays through a restart, where the worker sees its posts' topic again
  await page.goto('about:blank');
  await state.restart();
  equal((await answer(state, `mentions/${id}`)).label, 'positive', 'after a restart');
  await page.goto(`${state.earshot.url}/queue?ui=en`);
  await page.waitForSelector('#queue-item .mention');
  const second = await page.getAttribute('#queue-item .mention', 'data-id');
  await page.keyboard.press('d');
  await page.waitForSelector('#toast.show');
  await page.keyboard.press('u');
  await page.waitForFunction(() => document.querySelector('#toast')?.textContent.includes('Taken back'));
  await until(() => waits(state, second), 'the undone post did not come back');
  page.problems = page.problems.filter((p) => !p.includes('ERR_CONNECTION_REFUSED') && !p.includes('ERR_INCOMPLETE_CHUNKED'));
  await close(page);
});

test('a sentence leads to the very posts that it counts, and its filters can be taken away', async (state) => {
  const { items } = await answer(state, 'changes');
  const page = await open(state);
  await page.waitForSelector('.sentences a');
  await page.locator('.sentences a').nth(1).click();
  await page.waitForSelector('#found');
  await page.waitForSelector('#list .mention');
  equal(await page.locator('#list .mention').count(), items[1].named.posts, 'posts behind the competitor');
  equal(await page.locator('[data-chip]').evaluateAll((all) => all.map((a) => a.dataset.chip)), ['brand', 'with', 'since']);
  equal(await page.inputValue('select[name=voice]'), 'customers', 'the voice is visible');
  await page.click('[data-chip=with]');
  await page.waitForFunction(() => document.querySelectorAll('[data-chip]').length === 2);
  check(!page.url().includes('with='), page.url());
  await page.goBack();
  await page.goBack();
  await page.waitForSelector('#count-negative');
  const n = await text(page, '#count-negative');
  await page.click('#count-negative');
  await page.waitForSelector('#list .mention');
  equal(String(await page.locator('#list .mention').count()), n, 'posts behind the count');
  // topic of another brand than the chip: the topic wins instead of an error
  await page.goto(`${state.earshot.url}/mentions?ui=en&brand=rival`);
  await page.selectOption('select[name=topic]', 'acme-all');
  await page.waitForFunction(() => location.search.includes('topic=acme-all') && document.querySelector('#list .mention'));
  check(!page.url().includes('brand='), page.url());
  await close(page);
});

test('the queue: what one reads stays when a post comes in, keys work in Hangul, a held key decides once', async (state) => {
  const page = await open(state, '/queue');
  await page.waitForSelector('#queue-item .mention');
  const shown = () => page.getAttribute('#queue-item .mention', 'data-id');
  const key = (name, code, more = {}) => page.evaluate((init) => document.body.dispatchEvent(
    new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })), { key: name, code, ...more });
  const before = await shown();
  await key('ㅓ', 'KeyJ');
  await page.waitForFunction((old) => document.querySelector('#queue-item .mention').dataset.id !== old, before);
  const second = await shown();
  await key('Process', 'KeyK');
  equal(await shown(), before, 'back by the key of k');
  await key('ö', 'KeyX'); // Turkish F: another letter stands on the place of x
  equal(await shown(), before, 'a letter that is no key decides nothing');
  await key('j', 'KeyK'); // by its letter, wherever it stands
  equal(await shown(), second, 'j of another layout');
  await page.click('#queue-item summary');
  const open0 = (await answer(state, 'queue')).open;
  appendFileSync(state.file, line(state.n, 'en', 'acme charged me twice, terrible and awful'));
  state.n += 1;
  await page.waitForFunction((n) => document.querySelector('#queue-head')?.textContent.startsWith(String(n)), open0 + 1);
  equal(await shown(), second, 'the post that is read');
  check(await page.evaluate(() => document.querySelector('#queue-item details').open), 'what was opened stays open');
  await key('d', 'KeyD', { repeat: true });
  equal(await shown(), second, 'a held key');
  await page.keyboard.press('d');
  await page.waitForFunction((old) => document.querySelector('#queue-item .mention')?.dataset.id !== old, second);
  equal(await page.evaluate(() => document.activeElement.dataset.id), await shown(), 'the focus is on the next post');
  await until(async () => !await waits(state, second), 'it still waits in the read model');
  await page.keyboard.press('u');
  await page.waitForFunction((id) => document.querySelector('#queue-item .mention')?.dataset.id === id, second);
  await until(() => waits(state, second), 'the undone post did not come back'); // the page had it before the model followed
  equal(await shown(), second, 'the undone post stays');
  await close(page);
});

test('a server that is gone is said, nothing is lost, and the page comes back with it', async (state) => {
  const page = await open(state, '/queue');
  await page.waitForSelector('#queue-item .mention');
  const id = await page.getAttribute('#queue-item .mention', 'data-id');
  await state.earshot.stop();
  await page.keyboard.press('2');
  await page.waitForFunction(() => document.querySelector('#toast.show')?.textContent.includes('No answer (Neutral): it is not known'));
  equal(await page.getAttribute('#queue-item .mention', 'data-id'), id, 'the post stays');
  await page.waitForSelector('#live.off');
  await page.click('a[href="/mentions"]');
  await page.waitForSelector('main .bad >> text=does not answer');
  await state.start(new URL(state.earshot.url).port);
  await page.waitForSelector('#list .mention'); // by itself, with the first event
  await page.waitForSelector('#live:not(.off)');
  await page.click('a[href="/queue"]');
  await page.waitForSelector(`#queue-item .mention[data-id="${id}"]`);
  await page.keyboard.press('j');
  const next = await page.getAttribute('#queue-item .mention', 'data-id');
  check(next !== id, 'another post is read');
  await page.click('#toast.show button'); // what was not saved is offered until something else is said, wherever one reads
  await page.waitForSelector('#toast.show >> text=Undo');
  equal(await page.getAttribute('#queue-item .mention', 'data-id'), next, 'the post that is read stays');
  await page.keyboard.press('u');
  await page.waitForFunction((old) => document.querySelector('#queue-item .mention')?.dataset.id === old, id);
  page.problems = page.problems.filter((p) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(p));
  await close(page);
});

// What is decided while the server stands still; the page waits half a second in place of thirty.
async function decideUnanswered(state, page, key, then) {
  await page.evaluate(() => {
    const { timeout } = AbortSignal;
    AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 60);
    window.waitAsEver = () => { AbortSignal.timeout = timeout; };
  });
  state.earshot.signal('SIGSTOP');
  try {
    await page.keyboard.press(key);
    await page.waitForSelector('#toast.show >> text=not known whether this was saved');
    await page.evaluate(() => window.waitAsEver());
    await then();
  } finally {
    state.earshot.signal('SIGCONT');
  }
}

test('a server that does not answer is not waited for: what may have been saved can be tried again and taken back', async (state) => {
  const page = await open(state, '/queue');
  await page.waitForSelector('#queue-item .mention');
  const id = await page.getAttribute('#queue-item .mention', 'data-id');
  const item = async () => (await answer(state, 'queue')).items.find((one) => one.id === id);
  const key = (await item()).label === 'neutral' ? '3' : '2';
  await decideUnanswered(state, page, key, async () => {
    equal(await page.getAttribute('#queue-item .mention', 'data-id'), id, 'the post stays');
  });
  // it had come in all the same, which the page sees
  await page.waitForSelector('#toast.show >> text=no longer waits');
  await page.keyboard.press('u');
  await page.waitForSelector('#toast.show >> text=Taken back');
  equal(await page.getAttribute('#queue-item .mention', 'data-id'), id, 'it is back where it was');
  const { rev } = await until(item, 'the undone post did not come back');
  // where no page sees it, the second try finds it done
  await decideUnanswered(state, page, key, () => page.click('a[href="/sources"]'));
  await until(async () => !await item(), 'it was not saved');
  await page.waitForSelector('table.sources');
  await page.click('#toast.show button');
  await page.waitForSelector('#toast.show >> text=has changed meanwhile');
  await page.click('#toast.show button');
  await page.waitForSelector('#toast.show >> text=Taken back');
  await until(async () => (await item())?.rev > rev, 'the undone post did not come back');
  page.problems = page.problems.filter((p) => !/409/.test(p)); // of the second try
  await close(page);
});

test('what was decided can be undone from another page, and what was said of it is true there', async (state) => {
  const page = await open(state, '/queue');
  await page.waitForSelector('#queue-item .mention');
  const id = await page.getAttribute('#queue-item .mention', 'data-id');
  await page.keyboard.press('d');
  await page.waitForSelector('#toast.show >> text=Undo');
  await page.click('a[href="/mentions"]');
  await page.waitForSelector('#list .mention');
  await page.click('#toast.show button');
  await page.waitForFunction(() => /Taken back|Not/.test(document.querySelector('#toast')?.textContent));
  check((await text(page, '#toast')).includes('Taken back'), await text(page, '#toast'));
  await page.click('a[href="/queue"]');
  await page.waitForSelector(`#queue-item .mention[data-id="${id}"]`);
  // one that is left while it is on its way
  await page.evaluate(() => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, key: 'd', code: 'KeyD' }));
    document.querySelector('a[href="/sources"]').click();
  });
  await page.waitForSelector('#toast.show >> text=Undo');
  await page.click('#toast.show button');
  await page.waitForFunction(() => document.querySelector('#toast')?.textContent.includes('Taken back'));
  await close(page);
});

test('new mentions are offered on their page and do not push away what one reads', async (state) => {
  const page = await open(state, '/mentions');
  await page.waitForSelector('#list .mention');
  await page.waitForFunction(() => document.querySelector('#live-text').textContent); // it is told what is new from here on
  const first = await page.getAttribute('#list .mention', 'data-id');
  appendFileSync(state.file, line(state.n, 'en', 'acme opens another store'));
  state.n += 1;
  await page.waitForSelector('#fresh:not([hidden])');
  equal(await page.getAttribute('#list .mention', 'data-id'), first, 'the first one');
  await page.click('#fresh');
  await page.waitForFunction((old) => document.querySelector('#list .mention')?.dataset.id !== old, first);
  await close(page);
});

test('a log without posts says what to do next, in each language', async (state) => {
  const where = folder();
  writeFileSync(join(where, 'earshot.yaml'), 'bus: ./log.db\nview: {path: ./view.db}\n');
  const empty = { ...state, earshot: await startEarshot(['-c', join(where, 'earshot.yaml')]) };
  try {
    for (const [lang, title] of [['en', 'Nothing heard yet'], ['ko', '아직 수집된 글이 없어요'], ['tr', 'Henüz gönderi alınmadı']]) {
      for (const path of ['/', '/sources']) {
        const page = await open(empty, path, lang);
        equal(await text(page, '#first h2'), title, path);
        check((await text(page, '#first pre')).includes('sources:'), 'an example');
        await close(page);
      }
    }
    for (const path of ['/mentions', '/queue']) await close(await open(empty, path));
  } finally {
    await empty.earshot.stop();
    remove(where);
  }
});

test('English, Korean and Turkish: every text is there, numbers follow the language', async (state) => {
  const words = { en: ['Overview', 'Share of voice'], ko: ['한눈에 보기', '언급 점유율'], tr: ['Genel Bakış', 'Konuşulma payı'] };
  for (const [lang, [title, share]] of Object.entries(words)) {
    for (const path of ['/', '/mentions', '/queue', '/sources']) {
      const page = await open(state, path, lang);
      equal(await page.getAttribute('html', 'lang'), lang);
      const body = await text(page, 'body');
      check(body.includes(title), `${title} on ${path}`);
      check(!/\{[a-z]+\}/.test(body), `a gap is left open on ${path} (${lang}): ${/.{30}\{[a-z]+\}/.exec(body)}`);
      check(!/(^|\s)(s|rule|state|span|decision|queue|priority)\.[a-z]+/.test(body), `a key without text on ${path} (${lang})`);
      if (path === '/') check(body.includes(share), share);
      await close(page);
    }
  }
  const page = await open(state, '/', 'tr');
  await page.waitForSelector('#sov-chart .bar-n');
  check(/%\d/.test(await text(page, '#sov-chart .bar-n')), 'Turkish writes the sign first');
  await page.selectOption('#language', 'ko');
  await page.waitForFunction(() => document.documentElement.lang === 'ko');
  await close(page);
});

test('a source that cannot be heard says so and never looks like one with no mentions', async (state) => {
  const page = await open(state, '/sources');
  await page.waitForSelector('tr[data-source="away"]');
  check((await page.getAttribute('tr[data-source="away"]', 'class')).includes('unreachable'), 'its state');
  check((await text(page, 'tr[data-source="away"]')).includes('cannot hear'), 'its words');
  check((await page.getAttribute('tr[data-source="posts"]', 'class')).includes('ok'), 'the other one hears');
  await close(page);
});

test('accessible: no violation found by axe on any page, light and dark, and at phone width nothing is cut off', async (state) => {
  for (const colorScheme of ['light', 'dark']) {
    for (const path of ['/', '/mentions', '/queue', '/sources']) {
      const page = await open(state, path, 'en', { colorScheme, bypassCSP: true, viewport: { width: 390, height: 800 } });
      await page.waitForSelector('.mention, table.sources');
      await page.addScriptTag({ path: axe });
      const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }));
      equal(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`), [], `${path} ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      check(wide <= 0, `${path}: ${wide} px wider than the phone`);
      await close(page);
    }
  }
});

run(async () => {
  const where = folder();
  const state = { where, file: join(where, 'posts.jsonl'), n: rows.length, browser: await startBrowser() };
  writeFileSync(join(where, 'earshot.yaml'), config(where));
  writeFileSync(state.file, rows.map(([lang, words], i) => line(i, lang, words)).join(''));
  state.start = async (port) => {
    state.earshot = await startEarshot(['-c', join(where, 'earshot.yaml')], port);
    await until(async () => (await answer(state, 'summary')).n >= state.n, () => `the posts did not arrive\n${state.earshot.log()}`);
  };
  state.restart = async () => { await state.earshot.stop(); await state.start(); };
  await state.start();
  return state;
}, async (state) => {
  await state.browser.close();
  await state.earshot.stop();
  remove(state.where);
});
