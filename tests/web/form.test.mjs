// SPDX-License-Identifier: MIT
// The forms in a real browser, without any script: three languages, keyboard alone, a phone,
// in somebody's page, and the QR code read back.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { axe, check, equal, folder, remove, root, run, startBrowser, startEarshot, test, until } from './harness.mjs';

const jsqr = createRequire(join(root, 'build/npm/package.json')).resolve('jsqr/dist/jsQR.js');
const shots = process.env.EARSHOT_SHOTS; // a folder: pictures of what is tested

const config = (shop) => `
bus: ./log.db
view: {path: ./view.db}
http: {public_url: "https://ear.acme.example"}
sources:
  - {id: delivery, kind: form, secret: "0123456789abcdef", touchpoint: delivery,
     form: {ask: nps, about: {en: Delivery by Acme, ko: 아크메 배송, tr: Acme teslimatı}, embed: ["${shop}"]}}
  - {id: chat, kind: form, secret: "0123456789abcdef", form: {ask: csat, about: Chat, expectation: false}}
  - {id: returns, kind: form, secret: "0123456789abcdef", form: {ask: ces}}
  - {id: met, kind: form, secret: "0123456789abcdef", form: {ask: expectation}}
  - {id: words, kind: form, secret: "0123456789abcdef", form: {ask: text}}
brands: [{id: acme, topics: [{id: all, query: 'acme'}]}]
`;

async function open(state, path, options = {}) {
  const context = await state.browser.newContext({ javaScriptEnabled: false, viewport: { width: 800, height: 900 }, ...options });
  context.setDefaultTimeout(90000);
  const page = await context.newPage();
  page.problems = [];
  page.on('console', (message) => {
    // without its policy (bypassCSP) the browser looks for an icon
    const icon = message.location().url.endsWith('/favicon.ico');
    if (message.type() === 'error' && !icon) page.problems.push(message.text());
  });
  await page.goto(path.startsWith('http') ? path : `${state.earshot.url}/form/${path}`);
  return page;
}

async function close(page) {
  equal(page.problems, [], 'errors in the console');
  equal(await page.context().cookies(), [], 'cookies');
  await page.context().close();
}

async function shoot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

async function mentioned(state, text) {
  return until(async () => {
    const answer = await (await fetch(`${state.earshot.url}/api/v1/mentions?q=${encodeURIComponent(text)}`)).json();
    return answer.items?.length && answer.items;
  }, () => `${text} did not arrive\n${state.earshot.log()}`);
}

test('without a script an answer is given, thanked for, and stands in the read model with score and expectation', async (state) => {
  const page = await open(state, 'delivery', { locale: 'tr-TR' });
  equal(await page.getAttribute('html', 'lang'), 'tr');
  equal(await page.textContent('.about'), 'Acme teslimatı');
  await page.getByRole('radio', { name: '3', exact: true }).check();
  await page.getByRole('radio', { name: 'Hayır' }).check();
  await page.getByRole('textbox').fill('acme kuryesi geç geldi');
  await shoot(page, 'tr-filled');
  await page.getByRole('button').click();
  await page.waitForURL(/sent=1/);
  equal(await page.textContent('h1'), 'Teşekkür ederiz');
  await shoot(page, 'tr-thanks');
  await page.reload();
  equal(await page.textContent('h1'), 'Teşekkür ederiz');
  const items = await mentioned(state, 'kuryesi');
  equal(items.length, 1);
  equal([items[0].lang, items[0].survey, items[0].touchpoint, items[0].kind], ['tr', { nps: 3, expectation: 'not met' }, 'delivery', 'survey']);
  await close(page);
});

test('with the keyboard alone: the numbers are one stop, arrows choose, and every stop is seen', async (state) => {
  const page = await open(state, 'delivery?lang=en');
  const at = async () => page.locator(':focus').evaluate((e) => `${e.localName}${e.name ? `:${e.name}` : ''}${e.value ? `=${e.value}` : ''}`);
  const ring = async () => page.locator(':focus').evaluate((e) => {
    const seen = e.type === 'radio' ? e.nextElementSibling : e;
    return getComputedStyle(seen).outlineStyle === 'solid' && parseFloat(getComputedStyle(seen).outlineWidth) >= 2;
  });
  await page.keyboard.press('Tab');
  equal(await at(), 'input:score=0');
  check(await ring(), 'no ring on a number');
  for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowRight');
  equal(await at(), 'input:score=9');
  await shoot(page, 'en-keyboard');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  equal(await at(), 'input:met=yes');
  check(await ring(), 'no ring on a choice');
  await page.keyboard.press('Tab');
  equal(await at(), 'textarea:text');
  check(await ring(), 'no ring on the text');
  await page.keyboard.type('acme came by keyboard');
  await page.keyboard.press('Tab');
  equal(await at(), 'button');
  check(await ring(), 'no ring on the button');
  await page.keyboard.press('Enter');
  await page.waitForURL(/sent=1/);
  const [item] = await mentioned(state, '"by keyboard"');
  equal(item.survey, { nps: 9, expectation: 'met' });
  await close(page);
});

test('what is wrong is said above the form and tied to its field, and what was written stays', async (state) => {
  for (const [lang, words] of [['en', 'Please choose a number.'], ['ko', '점수를 선택해 주세요.'], ['tr', 'Lütfen bir puan seçin.']]) {
    const page = await open(state, `delivery?lang=${lang}`, { colorScheme: lang === 'tr' ? 'dark' : 'light' });
    await page.getByRole('textbox').fill('acme <b>& co');
    // the browser itself asks for a number; one that does not has the page to say it
    await page.getByRole('button').click();
    check(!page.url().includes('sent'), 'it was sent without a number');
    const token = await page.getAttribute('[name=token]', 'value');
    const answer = await page.request.post(page.url(), { form: { token, text: 'acme <b>& co' } });
    equal(answer.status(), 400);
    await page.setContent((await answer.text()).replace('href="delivery/', `href="${state.earshot.url}/form/delivery/`));
    equal(await page.getByRole('alert').textContent(), words);
    equal(await page.getAttribute('fieldset[aria-invalid=true]', 'aria-describedby'), 'problem');
    equal(await page.getByRole('textbox').inputValue(), 'acme <b>& co');
    await shoot(page, `${lang}-problem`);
    await page.context().close();
  }
});

test('accessible: axe finds nothing in any form, language or scheme; on a phone of 320 px nothing is cut off and every target is 44 px', async (state) => {
  for (const colorScheme of ['light', 'dark']) {
    for (const path of ['delivery', 'chat', 'returns', 'met', 'words', 'delivery?sent=1', 'none']) {
      for (const lang of ['en', 'ko', 'tr']) {
        const page = await open(state, `${path}${path.includes('?') ? '&' : '?'}lang=${lang}`,
          { colorScheme, javaScriptEnabled: true, bypassCSP: true, viewport: { width: 320, height: 640 } });
        await page.addScriptTag({ path: axe });
        const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
        equal(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`), [], `${path} ${lang} ${colorScheme}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        check(wide <= 0, `${path} ${lang}: ${wide} px wider than the phone`);
        if (path !== 'none') {
          const small = await page.evaluate(() => [...document.querySelectorAll('input[type=radio], button, textarea, nav a')]
            .map((e) => [e.outerHTML.slice(0, 60), e.getBoundingClientRect()]).filter(([, box]) => box.height < 44 || (box.width < 44 && box.width > 0))
            .map(([what, box]) => `${what} ${box.width}x${box.height}`));
          equal(small, [], `${path} ${lang}: small targets`);
        }
        await shoot(page, `phone-${path.replace(/\W/g, '_')}-${lang}-${colorScheme}`);
        if (path === 'none') page.problems = []; // the browser notes the 404
        await close(page);
      }
    }
  }
});

test('it answers from the page of a shop that the source names, and shows itself in no other', async (state) => {
  const page = await open(state, `${state.shop}/?${state.earshot.url}/form/delivery?lang=ko`);
  const frame = page.frameLocator('iframe');
  await frame.getByRole('radio', { name: '7', exact: true }).check();
  await frame.getByRole('textbox').fill('acme 가게 안에서 적어요');
  await shoot(page, 'ko-embedded');
  await frame.getByRole('button').click();
  await frame.getByRole('heading', { name: '감사합니다' }).waitFor();
  const [item] = await mentioned(state, '가게');
  equal([item.survey.nps, item.lang], [7, 'ko']);
  await close(page);
  const other = await open(state, `${state.shop}/?${state.earshot.url}/form/chat`);
  equal(await other.frameLocator('iframe').getByRole('button').count(), 0, 'a form that nobody may frame is framed');
  await other.context().close();
});

test('the QR code, read by a program that reads pictures, is the address of the form', async (state) => {
  for (const [query, want] of [['', 'https://ear.acme.example/form/delivery'], ['?lang=ko', 'https://ear.acme.example/form/delivery?lang=ko']]) {
    const svg = await (await fetch(`${state.earshot.url}/form/delivery/qr.svg${query}`)).text();
    const context = await state.browser.newContext({ viewport: { width: 500, height: 500 } });
    const page = await context.newPage();
    await page.setContent(`<body style="margin:0">${svg.replace('<svg ', '<svg width="400" ')}`);
    await shoot(page, `qr${query.replace(/\W/g, '_')}`);
    await page.addScriptTag({ path: jsqr });
    const read = await page.evaluate(async () => {
      const picture = new Image();
      picture.src = `data:image/svg+xml,${encodeURIComponent(document.querySelector('svg').outerHTML)}`;
      await picture.decode();
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 400;
      const paper = canvas.getContext('2d');
      paper.drawImage(picture, 0, 0, 400, 400);
      return window.jsQR(paper.getImageData(0, 0, 400, 400).data, 400, 400)?.data;
    });
    equal(read, want);
    await context.close();
  }
});

run(async () => {
  const where = folder();
  const shop = createServer((request, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end(`<!DOCTYPE html><title>shop</title><h1>Shop</h1><iframe title="form" width="360" height="700" src="${request.url.slice(2)}"></iframe>`);
  });
  await new Promise((listening) => { shop.listen(0, '127.0.0.1', listening); });
  const state = { where, server: shop, shop: `http://localhost:${shop.address().port}`, browser: await startBrowser() };
  writeFileSync(join(where, 'earshot.yaml'), config(state.shop));
  state.earshot = await startEarshot(['-c', join(where, 'earshot.yaml')]);
  await until(async () => (await fetch(`${state.earshot.url}/readyz`)).status === 200, () => `it is not ready\n${state.earshot.log()}`);
  return state;
}, async (state) => {
  await state.browser.close();
  await state.earshot.stop();
  state.server.closeAllConnections();
  state.server.close();
  remove(state.where);
});
