import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpCookie;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import joust.Answer;
import joust.Flags;
import joust.Request;
import joust.Route;
import joust.Routes;

/** The JDK's own com.sun.net.httpserver, with a pool of threads. */
public final class Server {
    private static final int PIECE = 64 * 1024;

    private static final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    public static void main(String[] args) throws IOException {
        Flags flags = new Flags(args);
        HttpServer server = HttpServer.create(flags.address, Flags.BACKLOG);
        Map<String, Map<String, Route>> byPath = new HashMap<>();
        for (Route route : new Routes(flags.data).table()) {
            byPath.computeIfAbsent(route.path, path -> new HashMap<>()).put(route.method, route);
        }
        byPath.forEach((path, methods) -> server.createContext(path, exchange -> handle(exchange, path, methods)));
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    /** A context stands for all paths below its own: others than those of the table are missing. */
    private static void handle(HttpExchange exchange, String path, Map<String, Route> methods) throws IOException {
        Exchange request = new Exchange(exchange);
        boolean below = path.endsWith("/") && path.length() > 1;
        Route route = below || path.equals(request.path()) ? methods.get(exchange.getRequestMethod()) : null;
        if (route == null) {
            send(exchange, Answer.missing());
            return;
        }
        request.read(route.body);
        Answer answer = route.answer(request);
        if (answer.delay > 0) {
            clock.schedule(() -> sendLater(exchange, answer), answer.delay, TimeUnit.MILLISECONDS);
            return;
        }
        send(exchange, answer);
    }

    private static void sendLater(HttpExchange exchange, Answer answer) {
        try {
            send(exchange, answer);
        } catch (IOException e) {
            exchange.close(); // the client has gone
        }
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        for (int i = 0; i < answer.headers.length; i += 2) {
            exchange.getResponseHeaders().set(answer.headers[i], answer.headers[i + 1]);
        }
        if (answer.events > 0) {
            exchange.sendResponseHeaders(answer.status, 0); // chunked
            try (OutputStream out = exchange.getResponseBody()) {
                for (int i = 1; i <= answer.events; i++) {
                    out.write(Answer.event(i));
                    out.flush();
                }
            }
            return;
        }
        if (answer.announced > answer.body.length) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(answer.announced));
        }
        exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
        try (exchange; OutputStream out = exchange.getResponseBody()) {
            out.write(answer.body);
        }
    }

    private record Exchange(HttpExchange exchange, Read read) implements Request {
        /** What was read of the body. */
        private static final class Read {
            byte[] whole = Answer.NOTHING;
            long length;
        }

        Exchange(HttpExchange exchange) {
            this(exchange, new Read());
        }

        void read(Route.Body how) throws IOException {
            InputStream in = exchange.getRequestBody();
            switch (how) {
                case NONE -> { }
                case COUNT -> {
                    byte[] piece = new byte[PIECE];
                    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                        read.length += n;
                    }
                }
                default -> read.whole = in.readAllBytes();
            }
        }

        public String path() {
            return exchange.getRequestURI().getPath();
        }

        public String query(String name) {
            return pairs(exchange.getRequestURI().getRawQuery()).get(name);
        }

        public int queryPairs() {
            return pairs(exchange.getRequestURI().getRawQuery()).size();
        }

        public int formPairs() {
            return pairs(new String(read.whole, StandardCharsets.US_ASCII)).size();
        }

        /** The JDK has a decoder of names and values, and no parser of pairs. */
        private static Map<String, String> pairs(String text) {
            Map<String, String> pairs = new HashMap<>();
            if (text == null || text.isEmpty()) {
                return pairs;
            }
            for (String pair : text.split("&")) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                pairs.put(URLDecoder.decode(name, StandardCharsets.UTF_8), URLDecoder.decode(value, StandardCharsets.UTF_8));
            }
            return pairs;
        }

        public int cookies() {
            List<String> fields = exchange.getRequestHeaders().getOrDefault("Cookie", List.of());
            int count = 0;
            for (String field : fields) {
                for (String pair : field.split(";\\s*")) {
                    count += HttpCookie.parse(pair).size();
                }
            }
            return count;
        }

        public String header(String name) {
            return exchange.getRequestHeaders().getFirst(name);
        }

        public long bodyLength() {
            return read.length;
        }

        public byte[] body() {
            return read.whole;
        }
    }
}
