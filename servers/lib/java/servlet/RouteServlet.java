package servlet;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import javax.servlet.AsyncContext;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

import joust.Answer;
import joust.Request;
import joust.Route;

/** The routes of one path as a servlet, for containers of the Servlet API 4. */
public final class RouteServlet extends HttpServlet {
    private static final int PIECE = 64 * 1024;

    private static final ScheduledExecutorService CLOCK = Executors.newSingleThreadScheduledExecutor();

    private final transient Map<String, Route> byMethod = new HashMap<>();

    public RouteServlet add(Route route) {
        byMethod.put(route.method, route);
        return this;
    }

    /** The pattern of the Servlet API for a route's path. "/" stands for itself alone. */
    public static String pattern(String path) {
        if (path.equals("/")) {
            return "";
        }
        return path.endsWith("/") ? path + "*" : path;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Route route = byMethod.get(request.getMethod());
        if (route == null) {
            send(Answer.missing(), response);
            return;
        }
        Exchange exchange = new Exchange(request);
        exchange.read(route.body);
        Answer answer = route.answer(exchange);
        if (answer.delay == 0) {
            send(answer, response);
            return;
        }
        AsyncContext later = request.startAsync();
        CLOCK.schedule(() -> {
            try {
                send(answer, response);
            } catch (IOException e) {
                log("the client has gone", e);
            } finally {
                later.complete();
            }
        }, answer.delay, TimeUnit.MILLISECONDS);
    }

    static void send(Answer answer, HttpServletResponse response) throws IOException {
        response.setStatus(answer.status);
        for (int i = 0; i < answer.headers.length; i += 2) {
            response.setHeader(answer.headers[i], answer.headers[i + 1]);
        }
        OutputStream out = response.getOutputStream();
        for (int i = 1; i <= answer.events; i++) {
            out.write(Answer.event(i));
            response.flushBuffer();
        }
        if (answer.events == 0 && answer.status != HttpServletResponse.SC_NO_CONTENT && answer.status != HttpServletResponse.SC_NOT_MODIFIED) {
            response.setContentLength(answer.announced);
            out.write(answer.body);
        }
    }

    private static final class Exchange implements Request {
        private final HttpServletRequest request;
        private byte[] whole = Answer.NOTHING;
        private long length;

        Exchange(HttpServletRequest request) {
            this.request = request;
        }

        void read(Route.Body how) throws IOException {
            switch (how) {
                case COUNT -> {
                    InputStream in = request.getInputStream();
                    byte[] piece = new byte[PIECE];
                    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                        length += n;
                    }
                }
                case WHOLE -> whole = request.getInputStream().readAllBytes();
                default -> { } // the container parses forms by itself
            }
        }

        public String path() {
            return request.getRequestURI();
        }

        public String query(String name) {
            return request.getParameter(name);
        }

        public int queryPairs() {
            return request.getParameterMap().size();
        }

        public int formPairs() {
            return request.getParameterMap().size();
        }

        public int cookies() {
            return request.getCookies() == null ? 0 : request.getCookies().length;
        }

        public String header(String name) {
            return request.getHeader(name);
        }

        public long bodyLength() {
            return length;
        }

        public byte[] body() {
            return whole;
        }
    }
}
