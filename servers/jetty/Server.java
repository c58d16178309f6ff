import java.util.LinkedHashMap;
import java.util.Map;

import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.ConnectionLimit;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

import joust.Flags;
import joust.Route;
import joust.Routes;
import servlet.Missing;
import servlet.RouteServlet;

/** Jetty, embedded, with one servlet a path. */
public final class Server {
    private static final int MAX_FORM = 1 << 20;
    private static final long IDLE_MS = 3_600_000;

    public static void main(String[] args) throws Exception {
        Flags flags = new Flags(args);
        var server = new org.eclipse.jetty.server.Server(new QueuedThreadPool());
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(flags.address.getHostString());
        connector.setPort(flags.address.getPort());
        connector.setAcceptQueueSize(Flags.BACKLOG);
        connector.setIdleTimeout(IDLE_MS);
        server.addConnector(connector);
        if (flags.maxConnections > 0) {
            server.addBean(new ConnectionLimit(flags.maxConnections, server));
        }
        ServletContextHandler context = new ServletContextHandler();
        context.setMaxFormContentSize(MAX_FORM);
        Map<String, RouteServlet> byPath = new LinkedHashMap<>();
        for (Route route : new Routes(flags.data).table()) {
            byPath.computeIfAbsent(RouteServlet.pattern(route.path), path -> new RouteServlet()).add(route);
        }
        byPath.forEach((pattern, servlet) -> context.addServlet(new ServletHolder(servlet), pattern));
        context.addServlet(new ServletHolder(new Missing()), "/");
        for (ServletHolder holder : context.getServletHandler().getServlets()) {
            holder.setAsyncSupported(true);
        }
        server.setHandler(context);
        server.setStopAtShutdown(true);
        server.start();
    }
}
