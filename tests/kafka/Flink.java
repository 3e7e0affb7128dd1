// SPDX-License-Identifier: MIT
//
// Flink.java: the statements of standard input in a Flink of this process; the last one is a SELECT of
// an id and a text, whose changes are put together. Prints the texts of what stands at the end.
// A part of consumers.py (flink.sh).

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;

public class Flink {
    public static void main(String[] args) throws Exception {
        Configuration conf = new Configuration();
        conf.setString("parallelism.default", "1");
        conf.setString("table.local-time-zone", "UTC");
        TableEnvironment tables = TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(conf).build());
        String[] statements = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split(";\n");
        for (int i = 0; i < statements.length - 1; i++)
            tables.executeSql(statements[i]);
        Map<String, String> now = new HashMap<>();
        try (CloseableIterator<Row> rows = tables.executeSql(statements[statements.length - 1]).collect()) {
            while (rows.hasNext()) {
                Row row = rows.next();
                if (row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER)
                    now.put((String) row.getField(0), (String) row.getField(1));
                else
                    now.remove((String) row.getField(0), (String) row.getField(1));
            }
        }
        System.out.write(String.join("\n", now.values()).getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }
}
