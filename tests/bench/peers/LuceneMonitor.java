// SPDX-License-Identifier: MIT
// Apache Lucene Monitor in the race of match_race.py: DIR -> what a driver says.

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.MultiMatchingQueries;
import org.apache.lucene.monitor.MultipassTermFilteredPresearcher;
import org.apache.lucene.monitor.Presearcher;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.queryparser.flexible.standard.StandardQueryParser;

public class LuceneMonitor {
    static final String FIELD = "text";
    static final int KINDS = 6;
    static final long WORDS = 200000; // as in match_peer.c
    static final int[] BATCHES = {1, 500, 5000};
    static final double WARM = 1, TIMED = 1; // seconds of each way
    static final long[] counts = new long[KINDS], sums = new long[KINDS];
    static int[] kinds;
    static List<String> posts;

    /** Of this thread: others on the machine, the compiler and the collector do not count. */
    static double cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
    }

    static double heap() {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 3; i++) System.gc();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
    }

    static Monitor monitor(Presearcher presearcher, List<String> lines) throws Exception {
        Analyzer analyzer = new StandardAnalyzer();
        StandardQueryParser parser = new StandardQueryParser(analyzer);
        Monitor monitor = new Monitor(analyzer, presearcher);
        List<MonitorQuery> queries = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String[] parts = lines.get(i).split("\t");
            kinds[i] = Integer.parseInt(parts[0]);
            queries.add(new MonitorQuery(Integer.toString(i), parser.parse(parts[2], FIELD)));
        }
        monitor.register(queries);
        return monitor;
    }

    static Document document(int post) {
        Document document = new Document();
        document.add(new TextField(FIELD, posts.get(post), Field.Store.NO));
        return document;
    }

    static void count(int post, Iterable<QueryMatch> matches) {
        for (QueryMatch match : matches) {
            int query = Integer.parseInt(match.getQueryId());
            counts[kinds[query]]++;
            sums[kinds[query]] += (post * WORDS + query) * 0x9e3779b97f4a7c15L;
        }
    }

    /** The next `batch` posts from `from`; returns how many. */
    static int match(Monitor monitor, int from, int batch) throws Exception {
        if (batch == 1) {
            count(from, monitor.match(document(from), QueryMatch.SIMPLE_MATCHER).getMatches());
            return 1;
        }
        Document[] documents = new Document[Math.min(batch, posts.size() - from)];
        for (int i = 0; i < documents.length; i++) documents[i] = document(from + i);
        MultiMatchingQueries<QueryMatch> matches = monitor.match(documents, QueryMatch.SIMPLE_MATCHER);
        for (int i = 0; i < documents.length; i++) count(from + i, matches.getMatches(i));
        return documents.length;
    }

    /** Posts a second: warm, the best block of a third of a second and more. */
    static double rate(Monitor monitor, int batch) throws Exception {
        double best = 0, start = cpu(), began = start;
        int at = 0, n = 0;
        while (best == 0 || cpu() - start < WARM + TIMED) {
            int done = match(monitor, at, batch);
            n += done;
            at = (at + done) % posts.size();
            double took = cpu() - began;
            if (took > 0.33) {
                if (cpu() - start > WARM) best = Math.max(best, n / took);
                n = 0;
                began = cpu();
            }
        }
        return best;
    }

    public static void main(String[] args) throws Exception {
        posts = Files.readAllLines(Path.of(args[0], "posts.txt"));
        List<String> lines = Files.readAllLines(Path.of(args[0], "queries.tsv"));
        kinds = new int[lines.size()];
        Presearcher[] presearchers = {new TermFilteredPresearcher(), new MultipassTermFilteredPresearcher(2)};
        double best = 0, ready = 0, memory = 0;
        double[] rates = new double[BATCHES.length];
        long[] allCounts = null, allSums = null;
        for (Presearcher presearcher : presearchers) {
            double before = heap(), began = cpu();
            try (Monitor monitor = monitor(presearcher, lines)) {
                if (allCounts == null) {
                    ready = cpu() - began;
                    memory = heap() - before;
                    for (int at = 0; at < posts.size();) at += match(monitor, at, 5000);
                    allCounts = counts.clone();
                    allSums = sums.clone();
                }
                for (int i = 0; i < BATCHES.length; i++) {
                    double rate = rate(monitor, BATCHES[i]);
                    rates[i] = Math.max(rates[i], rate);
                    best = Math.max(best, rate);
                }
            }
        }
        System.out.printf("rate\t%.0f%nready\t%.3f%nmemory\t%.1f%n", best, ready, memory);
        for (int i = 0; i < BATCHES.length; i++) System.out.printf("batch %d\t%.0f%n", BATCHES[i], rates[i]);
        for (int i = 0; i < KINDS; i++) System.out.printf("kind %d\t%d\t%016x%n", i, allCounts[i], allSums[i]);
    }
}
