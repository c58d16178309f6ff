import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** A server that starts cold: compiled by its own launcher, warmed by load. */
public class Server {
    public static void main(String[] args) throws Exception {
        byte[] alive = "alive\r\n".getBytes(StandardCharsets.US_ASCII);
        HttpServer server = HttpServer.create(new InetSocketAddress(args[0], Integer.parseInt(args[1])), 1024);
        server.createContext("/", exchange -> {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, head ? -1 : alive.length);
            if (!head) {
                exchange.getResponseBody().write(alive);
            }
            exchange.close();
        });
        server.start();
    }
}
