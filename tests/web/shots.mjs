// SPDX-License-Identifier: MIT
// shots.mjs - the screenshots of the README, from the demo as it runs.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { folder, remove, root, startBrowser, startEarshot } from './harness.mjs';

const shots = [
  ['overview', '/?ui=en', 1280, 1000, 'light'],
  ['queue', '/queue?ui=ko', 1280, 620, 'light'],
  ['mentions', '/mentions?ui=tr&label=negative', 1280, 800, 'dark'],
  ['phone', '/?ui=tr', 390, 844, 'light'],
];

const where = folder();
const demo = await startEarshot(['-c', 'config/demo/earshot.yaml', '--set', `bus=${where}/log.db`, '--set', `view.path=${where}/view.db`]);
// the recording is read in: the same number of mentions for two seconds
for (let n = -1, same = 0; same < 10; await new Promise((done) => setTimeout(done, 200))) {
  const now = (await (await fetch(`${demo.url}/api/v1/summary`)).json()).n;
  same = now === n && now > 0 ? same + 1 : 0;
  n = now;
}
const browser = await startBrowser();
mkdirSync(join(root, 'tests/web/shots'), { recursive: true });
for (const [name, path, width, height, colorScheme] of shots) {
  const page = await (await browser.newContext({ viewport: { width, height }, colorScheme })).newPage();
  await page.goto(demo.url + path);
  await page.waitForSelector('.mention');
  if (path.startsWith('/?')) await page.waitForSelector('#channel-chart .bars');
  await page.screenshot({ path: join(root, 'tests/web/shots', `${name}.png`) });
  await page.context().close();
  console.log(`tests/web/shots/${name}.png`);
}
await browser.close();
await demo.stop();
remove(where);
