package joust;

import java.net.InetSocketAddress;

/** The flags of every Java server. */
public final class Flags {
    public static final int BACKLOG = 4096;

    public InetSocketAddress address;
    public String data = "";
    /** 0 sets no cap. */
    public int keepAliveRequests, maxConnections;
    public int cpus = Runtime.getRuntime().availableProcessors();

    public Flags(String[] args) {
        for (int i = 0; i + 1 < args.length; i += 2) {
            String value = args[i + 1];
            switch (args[i]) {
                case "--addr" -> {
                    int colon = value.lastIndexOf(':');
                    address = new InetSocketAddress(value.substring(0, colon), Integer.parseInt(value.substring(colon + 1)));
                }
                case "--data" -> data = value;
                case "--keepalive-requests" -> keepAliveRequests = Integer.parseInt(value);
                case "--max-connections" -> maxConnections = Integer.parseInt(value);
                default -> throw new IllegalArgumentException("unknown flag " + args[i]);
            }
        }
        if (address == null || args.length % 2 != 0) {
            throw new IllegalArgumentException("usage: --addr host:port --data folder [--keepalive-requests N] [--max-connections N]");
        }
    }
}
