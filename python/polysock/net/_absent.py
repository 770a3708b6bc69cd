"""Java classes that socket programs use and polysock.net does not have, and what to use in Python instead."""

_FOR_THEM = {
    "a list": (
        "ArrayList LinkedList List Vector Stack Arrays Collection Collections AbstractCollection "
        "AbstractList AbstractSequentialList RandomAccess SequencedCollection"
    ),
    "a dict": (
        "HashMap LinkedHashMap TreeMap Hashtable Map ConcurrentHashMap ConcurrentMap Properties "
        "AbstractMap Dictionary EnumMap IdentityHashMap NavigableMap SequencedMap SortedMap"
    ),
    "a dict, whose keys keep their order": "SequencedSet",
    "a set": "HashSet LinkedHashSet TreeSet Set CopyOnWriteArraySet AbstractSet BitSet EnumSet NavigableSet SortedSet",
    "a list, and a threading.Lock where threads change it": "CopyOnWriteArrayList",
    "collections.deque": "ArrayDeque Deque ConcurrentLinkedQueue ConcurrentLinkedDeque AbstractQueue Queue",
    "heapq": "PriorityQueue",
    "iter() and for": "Iterator ListIterator Enumeration Iterable PrimitiveIterator Spliterator Spliterators",
    "None, and `is None`": "Optional Objects OptionalDouble OptionalInt OptionalLong",
    "the random module": "Random SecureRandom ThreadLocalRandom SplittableRandom",
    "the datetime module": (
        "Date Calendar Instant LocalDate LocalDateTime LocalTime SimpleDateFormat GregorianCalendar "
        "SimpleTimeZone TimeZone"
    ),
    "the uuid module": "UUID",
    "the base64 module": "Base64",
    "str.split()": "StringTokenizer",
    "threading.Timer": "Timer TimerTask",
    "threading.Thread": "Thread",
    "a function": (
        "Runnable Callable Consumer Function Supplier Comparator EventListener EventListenerProxy "
        "EventObject Observable Observer"
    ),
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
    "int, float or str": "Boolean Byte Character Double Float Integer Long Short String Number Currency HexFormat",
    "a list of strings and ''.join()": "StringBuilder StringBuffer StringJoiner",
    "Python's own exceptions": (
        "Exception RuntimeException Throwable Error InterruptedException NumberFormatException ArithmeticException "
        "ConcurrentModificationException EmptyStackException TooManyListenersException MissingResourceException "
        "InvalidPropertiesFormatException IllformedLocaleException ServiceConfigurationError IOError "
        "UncheckedIOException FileNotFoundException SyncFailedException"
    ),
    "UnicodeError": "CharConversionException",
    "IllegalArgumentException": (
        "IllegalFormatException DuplicateFormatFlagsException FormatFlagsConversionMismatchException "
        "FormatterClosedException IllegalFormatCodePointException IllegalFormatFlagsException "
        "IllegalFormatPrecisionException IllegalFormatWidthException MissingFormatWidthException "
        "UnknownFormatFlagsException"
    ),
    "`with`": "AutoCloseable Closeable Flushable",
    "the json module with DataInputStream.readUTF(): never let a peer's data create objects by itself": (
        "ObjectInputStream ObjectOutputStream Serializable Externalizable ObjectInput ObjectOutput ObjectInputFilter "
        "ObjectInputValidation ObjectStreamClass ObjectStreamConstants ObjectStreamField ObjectStreamException "
        "InvalidClassException InvalidObjectException NotActiveException NotSerializableException "
        "OptionalDataException StreamCorruptedException WriteAbortedException Serial SerializablePermission"
    ),
    "pathlib.Path": "File Path Paths Files FileFilter FilenameFilter",
    "a number, as from fileno()": "FileDescriptor",
    "DataInputStream": "DataInput LineNumberInputStream",
    "DataOutputStream": "DataOutput",
    "a class derived from Reader": "FilterReader",
    "a class derived from Writer": "FilterWriter",
    "itertools.chain()": "SequenceInputStream",
    "an f-string": "FormatProcessor",
    "Scanner": "StreamTokenizer",
    "printf()": "Formatter Formattable FormattableFlags",
    "the locale module": "Locale",
    "the gettext module": "ResourceBundle ListResourceBundle PropertyResourceBundle",
    "importlib.metadata.entry_points()": "ServiceLoader",
    "the statistics module": "DoubleSummaryStatistics IntSummaryStatistics LongSummaryStatistics",
    "the weakref module": "WeakHashMap",
    "the operating system's permissions": (
        "FilePermission NetPermission PropertyPermission SocketPermission URLPermission"
    ),
    "NetworkInterface.getInetAddresses()": "InterfaceAddress",
    "the families of polysock's sockets, such as AF_INET6": "ProtocolFamily",
    "a class derived from polysock.socket": (
        "DatagramSocketImpl DatagramSocketImplFactory SocketImpl SocketImplFactory"
    ),
    "StandardSocketOptions": "SocketOptions",
    "another package: polysock has no proxies": "Proxy ProxySelector",
    'open(name, "rb")': "FileInputStream",
    'open(name, "wb")': "FileOutputStream",
    'open(name, "r+b")': "RandomAccessFile",
    "open(name)": "FileReader",
    'open(name, "w")': "FileWriter",
    "io.BytesIO": "ByteArrayInputStream ByteArrayOutputStream StringBufferInputStream",
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
    "urllib.request": (
        "URL URLConnection HttpURLConnection HttpClient HttpRequest HttpResponse HttpRetryException JarURLConnection "
        "Authenticator PasswordAuthentication CacheRequest CacheResponse ResponseCache SecureCacheResponse "
        "ContentHandler ContentHandlerFactory URLStreamHandler URLStreamHandlerFactory UnknownServiceException"
    ),
    "urllib.parse": "URI URISyntaxException URLEncoder URLDecoder MalformedURLException",
    "http.cookiejar": "CookieHandler CookieManager CookiePolicy CookieStore HttpCookie",
    "the mimetypes module": "FileNameMap",
    "the idna package, or the codec of this name": "IDN",
    "importlib": "URLClassLoader",
    "http.server": "HttpServer HttpHandler",
}

# What to use instead, by the name of the class.
INSTEAD = {name: instead for instead, names in _FOR_THEM.items() for name in names.split()}
