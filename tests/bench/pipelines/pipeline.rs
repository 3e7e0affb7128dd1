// SPDX-License-Identifier: MIT
//! The pipeline that people write today in Rust: rdkafka, serde_json and the crate
//! vader_sentiment, exactly once. BROKER PREFIX POSTS -> posts/s TAB CPU seconds a million TAB
//! bytes of a value that it writes.
//!
//! Reads PREFIXposts from its beginning, adds `sentiment` to each post and puts it to one of
//! three topics, in transactions of half a second with the offsets. The first tenth is not
//! counted.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use std::time::{Duration, Instant};

mod cpu;
use cpu::cpu;

const WAIT: Duration = Duration::from_secs(30);

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (broker, prefix) = (&args[1], &args[2]);
    let posts: u64 = args[3].parse().expect("POSTS");
    let id = format!("pipeline-rust-{}", std::process::id());
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("group.id", &id)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("queued.min.messages", "1000000")
        .create()
        .expect("consumer");
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("transactional.id", &id)
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("queue.buffering.max.messages", "1000000")
        .create()
        .expect("producer");
    producer.init_transactions(WAIT).expect("init");
    consumer.subscribe(&[&format!("{prefix}posts")]).expect("subscribe");
    let topics = ["positive", "neutral", "negative"].map(|name| format!("{prefix}pipeline.rust.{name}"));
    let analyzer = vader_sentiment::SentimentIntensityAnalyzer::new();
    let (mut n, mut bytes, mut open) = (0u64, 0u64, false);
    let mut began = Instant::now();
    let mut warm = None;
    let mut ends = TopicPartitionList::new();
    while n < posts {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message.expect("message");
        if !open {
            producer.begin_transaction().expect("begin");
            began = Instant::now();
            open = true;
        }
        let mut post: serde_json::Value =
            serde_json::from_slice(message.payload().expect("value")).expect("JSON");
        let scores = analyzer.polarity_scores(post["text"].as_str().unwrap_or(""));
        let compound = scores["compound"];
        let (label, topic) = match compound {
            c if c >= 0.05 => ("positive", &topics[0]),
            c if c <= -0.05 => ("negative", &topics[2]),
            _ => ("neutral", &topics[1]),
        };
        post["sentiment"] = serde_json::json!({ "label": label, "compound": compound,
            "pos": scores["pos"], "neu": scores["neu"], "neg": scores["neg"] });
        let value = serde_json::to_vec(&post).expect("JSON");
        let mut record = BaseRecord::to(topic).key(message.key().unwrap_or(b"")).payload(&value);
        while let Err((e, back)) = producer.send(record) {
            if e.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                panic!("{e}");
            }
            producer.poll(Duration::from_millis(10));
            record = back;
        }
        let next = Offset::Offset(message.offset() + 1);
        match ends.find_partition(message.topic(), message.partition()) {
            Some(mut end) => end.set_offset(next).expect("offset"),
            None => ends.add_partition_offset(message.topic(), message.partition(), next).expect("offset"),
        }
        n += 1;
        bytes += value.len() as u64;
        if warm.is_none() && n >= posts / 10 {
            warm = Some((Instant::now(), cpu(), n));
        }
        if began.elapsed() >= Duration::from_millis(500) || n == posts {
            let group = consumer.group_metadata().expect("group");
            producer.send_offsets_to_transaction(&ends, &group, WAIT).expect("offsets");
            producer.commit_transaction(WAIT).expect("commit");
            open = false;
        }
    }
    let (since, used, before) = warm.expect("POSTS is too few");
    let counted = (n - before) as f64;
    println!(
        "{:.0}\t{:.2}\t{}",
        counted / since.elapsed().as_secs_f64(),
        (cpu() - used) * 1e6 / counted,
        bytes / n
    );
}
