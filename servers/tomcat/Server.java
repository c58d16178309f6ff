import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http11.Http11NioProtocol;

import joust.Flags;
import joust.Route;
import joust.Routes;
import servlet.Missing;
import servlet.RouteServlet;

/** Tomcat, embedded, with one servlet a path. */
public final class Server {
    private static final int IDLE_MS = 3_600_000, WITHOUT_CAP = -1;

    public static void main(String[] args) throws Exception {
        Flags flags = new Flags(args);
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));
        tomcat.setSilent(true);
        Connector connector = new Connector(Http11NioProtocol.class.getName());
        connector.setPort(flags.address.getPort());
        Http11NioProtocol http = (Http11NioProtocol) connector.getProtocolHandler();
        http.setAddress(flags.address.getAddress());
        http.setAcceptCount(Flags.BACKLOG);
        http.setKeepAliveTimeout(IDLE_MS);
        // The default ends a connection after 100 requests, which would measure
        // connecting as well.
        http.setMaxKeepAliveRequests(flags.keepAliveRequests > 0 ? flags.keepAliveRequests : WITHOUT_CAP);
        if (flags.maxConnections > 0) {
            http.setMaxConnections(flags.maxConnections);
        }
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", new File(System.getProperty("java.io.tmpdir")).getAbsolutePath());
        Map<String, RouteServlet> byPath = new LinkedHashMap<>();
        for (Route route : new Routes(flags.data).table()) {
            byPath.computeIfAbsent(RouteServlet.pattern(route.path), path -> new RouteServlet()).add(route);
        }
        byPath.forEach((pattern, servlet) -> {
            Wrapper wrapper = Tomcat.addServlet(context, "at " + pattern, servlet);
            wrapper.setAsyncSupported(true);
            context.addServletMappingDecoded(pattern, wrapper.getName());
        });
        Tomcat.addServlet(context, "missing", new Missing());
        context.addServletMappingDecoded("/", "missing");
        tomcat.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                tomcat.stop();
            } catch (Exception e) {
                System.err.println("stopping: " + e);
            }
        }));
        tomcat.getServer().await();
    }
}
