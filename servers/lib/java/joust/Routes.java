package joust;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

import com.fasterxml.jackson.databind.ObjectMapper;

import joust.Route.Body;

/** The table of routes, which every Java server takes over into its own router. */
public final class Routes {
    private static final String ALIVE = "alive\r\n";
    private static final int LARGE = 64 * 1024, EVENTS = 100, ROWS = 384, ITEM_ROUTES = 100;

    private final ObjectMapper json = new ObjectMapper();
    private final byte[] large;
    private final Item[] items;
    private final Path files;
    private final List<Route> table = new ArrayList<>();

    record Data(String name, String version, List<String> flags) {}

    record Status(int id, String status, Data data) {}

    record Rating(int score, int count) {}

    record Item(int id, String name, String category, int price, int quantity, boolean active, List<String> tags, Rating rating) {}

    record Total(int id, String name, String category, int price, int quantity, boolean active, List<String> tags, Rating rating, long total) {}

    record Items(List<Total> items, int count) {}

    record Row(int id, long value, String name) {}

    record Document(int seed, List<Row> rows) {}

    /** Reads the data set in the folder. */
    public Routes(String data) throws IOException {
        large = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(LARGE / 36 + 1).substring(0, LARGE).getBytes(StandardCharsets.US_ASCII);
        items = json.readValue(Path.of(data, "items.json").toFile(), Item[].class);
        files = Path.of(data, "static");
        fill();
    }

    /** The rows; those for a folder of paths end in /. */
    public List<Route> table() {
        return table;
    }

    /** Adds a row. Every GET answers HEAD too. */
    private void add(String method, String path, Body body, Route.Handler handler) {
        table.add(new Route(method, path, body, handler));
        if (method.equals("GET")) {
            table.add(new Route("HEAD", path, body, r -> Answer.headOf(handler.answer(r))));
        }
    }

    private void fill() {
        add("GET", "/", Body.NONE, r -> Answer.text(ALIVE));
        add("GET", "/json", Body.NONE, this::status);
        add("POST", "/echo", Body.WHOLE, r -> Answer.of("application/octet-stream", r.body()));
        add("GET", "/large", Body.NONE, r -> Answer.of("text/plain", large));
        add("GET", "/cookies", Body.NONE, r -> Answer.text(Integer.toString(r.cookies())));
        add("POST", "/upload", Body.COUNT, r -> Answer.text(Long.toString(r.bodyLength())));
        add("POST", "/upload_manual", Body.COUNT, r -> Answer.text(Long.toString(r.bodyLength())));
        add("POST", "/upload_auto", Body.WHOLE, r -> Answer.text(Integer.toString(r.body().length)));
        add("POST", "/drain", Body.COUNT, r -> Answer.text("ok"));
        add("POST", "/form", Body.FORM, r -> Answer.text(Integer.toString(r.formPairs())));
        for (int i = 1; i <= ITEM_ROUTES; i++) {
            add("GET", String.format("/api/v1/items/%04d", i), Body.NONE, r -> Answer.text(ALIVE));
        }
        add("GET", "/gzip", Body.NONE, this::document);
        add("GET", "/qs", Body.NONE, r -> Answer.text(Integer.toString(r.queryPairs())));
        add("GET", "/etag", Body.NONE, r -> "\"v1\"".equals(r.header("If-None-Match"))
            ? Answer.empty(304, "ETag", "\"v1\"")
            : Answer.of("text/plain", ALIVE.getBytes(StandardCharsets.US_ASCII), "ETag", "\"v1\""));
        add("GET", "/redirect", Body.NONE, r -> Answer.empty(302, "Location", "/target"));
        add("OPTIONS", "/api", Body.NONE, r -> Answer.empty(204,
            "Access-Control-Allow-Origin", "https://example.com",
            "Access-Control-Allow-Methods", "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers", "Content-Type, X-Requested-With",
            "Access-Control-Max-Age", "86400"));
        add("GET", "/sse", Body.NONE, r -> Answer.events(EVENTS));
        add("GET", "/baseline11", Body.NONE, r -> Answer.text(Long.toString(sum(r))));
        add("POST", "/baseline11", Body.WHOLE,
            r -> Answer.text(Long.toString(sum(r) + Long.parseLong(new String(r.body(), StandardCharsets.US_ASCII).trim()))));
        add("GET", "/json/", Body.NONE, this::items);
        add("GET", "/httparena_json/", Body.NONE, this::items);
        add("GET", "/pipeline", Body.NONE, r -> Answer.text("ok"));
        add("GET", "/delay/", Body.NONE, r -> Answer.text("ok").after(Integer.parseInt(last(r))));
        add("GET", "/static/", Body.NONE, this::file);
        add("GET", "/runtime/memory", Body.NONE, r -> Answer.text(Long.toString(Runtime.getRuntime().totalMemory())));
    }

    private static String last(Request r) {
        return r.path().substring(r.path().lastIndexOf('/') + 1);
    }

    private static int number(Request r, String name, int fallback) {
        String value = r.query(name);
        return value == null ? fallback : Integer.parseInt(value);
    }

    private static long sum(Request r) {
        return (long) number(r, "a", 0) + number(r, "b", 0);
    }

    private Answer status(Request r) throws IOException {
        Data data = new Data("joust", "1.0.0", List.of("fast", "correct", "measured", "repeatable"));
        return Answer.of("application/json", json.writeValueAsBytes(new Status(number(r, "id", 1), "ok", data)));
    }

    private Answer items(Request r) throws IOException {
        int count = Integer.parseInt(last(r));
        if (count < 0 || count > items.length) {
            return Answer.missing();
        }
        int factor = number(r, "m", 1);
        List<Total> out = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Item x = items[i];
            out.add(new Total(x.id, x.name, x.category, x.price, x.quantity, x.active, x.tags, x.rating, (long) x.price * x.quantity * factor));
        }
        return compressed(r, json.writeValueAsBytes(new Items(out, count)));
    }

    private Answer document(Request r) throws IOException {
        int seed = number(r, "seed", 1);
        List<Row> rows = new ArrayList<>(ROWS);
        for (long i = 0; i < ROWS; i++) {
            rows.add(new Row((int) i, (i * seed * 7919 + i * i) % 1000003, "row-" + i));
        }
        return compressed(r, json.writeValueAsBytes(new Document(seed, rows)));
    }

    /** Compresses JSON where the client takes gzip. */
    private static Answer compressed(Request r, byte[] body) throws IOException {
        if (!accepts(r, "gzip")) {
            return Answer.of("application/json", body);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 4);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(body);
        }
        return Answer.of("application/json", out.toByteArray(), "Content-Encoding", "gzip", "Vary", "Accept-Encoding");
    }

    private static boolean accepts(Request r, String coding) {
        String header = r.header("Accept-Encoding");
        return header != null && header.contains(coding);
    }

    private static final Map<String, String> TYPES = new HashMap<>(Map.of(
        "css", "text/css", "js", "text/javascript", "html", "text/html", "json", "application/json", "svg", "image/svg+xml",
        "txt", "text/plain", "xml", "application/xml", "woff2", "font/woff2", "webp", "image/webp"));

    private Answer file(Request r) throws IOException {
        String name = last(r);
        Path plain = files.resolve(name);
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null || !Files.isRegularFile(plain)) {
            return Answer.missing();
        }
        if (accepts(r, "br")) {
            return Answer.of(type, Files.readAllBytes(files.resolve(name + ".br")), "Content-Encoding", "br", "Vary", "Accept-Encoding");
        }
        if (accepts(r, "gzip")) {
            return Answer.of(type, Files.readAllBytes(files.resolve(name + ".gz")), "Content-Encoding", "gzip", "Vary", "Accept-Encoding");
        }
        return Answer.of(type, Files.readAllBytes(plain), "Vary", "Accept-Encoding");
    }
}
