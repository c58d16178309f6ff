import java.util.HashMap;
import java.util.Map;

import joust.Route;
import joust.Routes;

/** Finds routes by method and path; Netty has no router. */
final class Router {
    private final Map<String, Route> exact = new HashMap<>(), below = new HashMap<>();

    Router(Routes routes) {
        for (Route route : routes.table()) {
            boolean folder = route.path.length() > 1 && route.path.endsWith("/");
            (folder ? below : exact).put(route.method + " " + route.path, route);
        }
    }

    Route find(String method, String path) {
        Route route = exact.get(method + " " + path);
        return route != null ? route : below.get(method + " " + path.substring(0, path.lastIndexOf('/') + 1));
    }
}
