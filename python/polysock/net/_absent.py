"""Java classes that socket programs use and polysock.net does not have, and what to use in Python instead."""

_FOR_THEM = {
    "a list": "ArrayList LinkedList List Vector Stack Arrays Collection Collections",
    "a dict": "HashMap LinkedHashMap TreeMap Hashtable Map ConcurrentHashMap ConcurrentMap Properties",
    "a set": "HashSet LinkedHashSet TreeSet Set CopyOnWriteArraySet",
    "a list, and a threading.Lock where threads change it": "CopyOnWriteArrayList",
    "collections.deque": "ArrayDeque Deque ConcurrentLinkedQueue ConcurrentLinkedDeque",
    "heapq": "PriorityQueue",
    "iter() and for": "Iterator ListIterator Enumeration Iterable",
    "None, and `is None`": "Optional Objects",
    "the random module": "Random SecureRandom ThreadLocalRandom",
    "the datetime module": "Date Calendar Instant LocalDate LocalDateTime LocalTime SimpleDateFormat",
    "the uuid module": "UUID",
    "the base64 module": "Base64",
    "str.split()": "StringTokenizer",
    "threading.Timer": "Timer TimerTask",
    "threading.Thread": "Thread",
    "a function": "Runnable Callable Consumer Function Supplier",
    "concurrent.futures.ThreadPoolExecutor, or polysock.net.Server for connections": (
        "Executor ExecutorService Executors ThreadPoolExecutor ScheduledExecutorService"
    ),
    "concurrent.futures": "Future CompletableFuture FutureTask",
    "queue.Queue": "BlockingQueue LinkedBlockingQueue ArrayBlockingQueue SynchronousQueue BlockingDeque",
    "threading.Lock, RLock or Condition": "Lock ReentrantLock ReadWriteLock ReentrantReadWriteLock Condition",
    "threading.Semaphore": "Semaphore",
    "threading.Event or threading.Barrier": "CountDownLatch CyclicBarrier",
    "a number under a threading.Lock": "AtomicBoolean AtomicInteger AtomicLong AtomicReference",
    "milliseconds, or seconds in Python's own modules": "TimeUnit Duration",
    "threading.local": "ThreadLocal",
    "the sys and time modules (sys.stdin.buffer for System.in)": "System",
    "the subprocess module": "Process ProcessBuilder Runtime",
    "the math module": "Math",
    "int, float or str": "Boolean Byte Character Double Float Integer Long Short String Number",
    "a list of strings and ''.join()": "StringBuilder StringBuffer StringJoiner",
    "Python's own exceptions": "Exception RuntimeException Throwable Error InterruptedException",
    "`with`": "AutoCloseable Closeable",
    "the json module with DataInputStream.readUTF(): never let a peer's data create objects by itself": (
        "ObjectInputStream ObjectOutputStream Serializable Externalizable"
    ),
    "pathlib.Path": "File Path Paths Files",
    'open(name, "rb")': "FileInputStream",
    'open(name, "wb")': "FileOutputStream",
    'open(name, "r+b")': "RandomAccessFile",
    "open(name)": "FileReader",
    'open(name, "w")': "FileWriter",
    "io.BytesIO": "ByteArrayInputStream ByteArrayOutputStream",
    "io.StringIO": "StringReader StringWriter CharArrayReader CharArrayWriter",
    "os.pipe()": "PipedInputStream PipedOutputStream PipedReader PipedWriter",
    "BufferedInputStream or BufferedReader": "PushbackInputStream PushbackReader",
    "enumerate() over a BufferedReader": "LineNumberReader",
    "input() and the getpass module": "Console",
    "the zlib and gzip modules": "GZIPInputStream GZIPOutputStream InflaterInputStream DeflaterOutputStream",
    'the name of the encoding as a string, such as "UTF-8"': "Charset StandardCharsets",
    "bytearray and memoryview": "ByteBuffer",
    "the selectors module, and polysock's sockets": (
        "Selector SelectionKey SocketChannel ServerSocketChannel DatagramChannel AsynchronousSocketChannel"
    ),
    "polysock's sockets of family AF_UNIX": "UnixDomainSocketAddress StandardProtocolFamily",
    "the ssl module": "SSLSocket SSLServerSocket SSLSocketFactory SSLServerSocketFactory SSLContext",
    "urllib.request": "URL URLConnection HttpURLConnection HttpClient HttpRequest HttpResponse",
    "urllib.parse": "URI URLEncoder URLDecoder",
    "http.server": "HttpServer HttpHandler",
}

# What to use instead, by the name of the class.
INSTEAD = {name: instead for instead, names in _FOR_THEM.items() for name in names.split()}
