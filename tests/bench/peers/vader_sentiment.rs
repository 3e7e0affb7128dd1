// SPDX-License-Identifier: MIT
//! The crate vader_sentiment: FILE -> posts/s TAB mean compound.

#[repr(C)]
struct Timespec {
    sec: i64,
    nsec: i64,
}
extern "C" {
    fn clock_gettime(clock: i32, at: *mut Timespec) -> i32;
}

/// CLOCK_PROCESS_CPUTIME_ID in seconds; std has wall clocks only.
fn cpu() -> f64 {
    let mut at = Timespec { sec: 0, nsec: 0 };
    unsafe { clock_gettime(2, &mut at) };
    at.sec as f64 + at.nsec as f64 / 1e9
}

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
