// SPDX-License-Identifier: MIT
//! The crate vader_sentiment: FILE -> posts/s TAB mean compound.

mod cpu;
use cpu::cpu;

fn main() {
    let path = std::env::args().nth(1).expect("FILE");
    let bytes = std::fs::read(path).expect("read");
    let text = String::from_utf8_lossy(&bytes);
    let posts: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
    let analyzer = vader_sentiment::SentimentIntensityAnalyzer::new();
    let run = || -> f64 { posts.iter().map(|post| analyzer.polarity_scores(post)["compound"]).sum() };
    let (mut total, mut passes) = (run(), 1);
    let mut best = 0.0f64;
    for _ in 0..5 {
        let (began, mut n, mut took) = (cpu(), 0, 0.0);
        while took < 0.1 {
            total += run();
            passes += 1;
            n += posts.len();
            took = cpu() - began;
        }
        best = best.max(n as f64 / took);
    }
    println!("{:.0}\t{:.4}", best, total / (posts.len() * passes) as f64);
}
