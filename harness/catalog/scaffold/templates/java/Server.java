import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** @NAME@ answers the rows hello, json and echo. */
public final class Server {
    public static void main(String[] args) throws IOException {
        var address = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        var server = HttpServer.create(address, 1024);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", Server::handle);
        server.start();
    }

    private static void handle(HttpExchange exchange) throws IOException {
        // The connection is used again only when the body is read to its end.
        byte[] body = exchange.getRequestBody().readAllBytes();
        switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
            case "GET /" -> answer(exchange, 200, "text/plain", "alive\r\n".getBytes(StandardCharsets.US_ASCII));
            case "GET /json" -> answer(exchange, 200, "application/json", document(exchange.getRequestURI().getQuery()));
            case "POST /echo" -> answer(exchange, 200, "application/octet-stream", body);
            default -> answer(exchange, 404, "text/plain", "not found\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static byte[] document(String query) {
        int id = query == null ? 1 : Integer.parseInt(query.substring("id=".length()));
        var json = new StringBuilder("{\"id\":").append(id).append(",\"status\":\"ok\",\"data\":{");
        json.append("\"name\":\"joust\",\"version\":\"1.0.0\",\"flags\":[");
        String separator = "";
        for (String flag : new String[] {"fast", "correct", "measured", "repeatable"}) {
            json.append(separator).append('"').append(flag).append('"');
            separator = ",";
        }
        return json.append("]}}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }
}
