// SPDX-License-Identifier: MIT
// The packages from npm: PACKAGE FILE -> posts/s TAB mean score (compound; of sentiment, which has
// the words of the AFINN list alone, the score per word).
const fs = require("fs");

const scores = {
  "vader-sentiment": ({ SentimentIntensityAnalyzer: vader }) => (post) => vader.polarity_scores(post).compound,
  sentiment: (Sentiment) => { const one = new Sentiment(); return (post) => one.analyze(post).comparative; },
};
const score = scores[process.argv[2]](require(process.argv[2]));

const posts = fs.readFileSync(process.argv[3], "utf8").split("\n").slice(0, -1);
const run = () => posts.reduce((sum, post) => sum + score(post), 0);
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };

const total = run();
let best = 0;
for (let block = 0; block < 5; block++) {
  const began = cpu();
  let n = 0, took = 0;
  while (took < 0.1) {
    run();
    n += posts.length;
    took = cpu() - began;
  }
  best = Math.max(best, n / took);
}
console.log(`${best.toFixed(0)}\t${(total / posts.length).toFixed(4)}`);
