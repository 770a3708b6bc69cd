# Ruby's sockets: sockets.rb FOLDER prints what comes of each of its conversations.
require 'net/http'
require 'socket'
require 'timeout'

FOLDER = ARGV.fetch(0)
LARGE = (0..255).to_a.pack('C*') * 12_000
$stdout.sync = true

def show(title)
  result = begin
    Timeout.timeout(30) { yield }
  rescue SystemCallError, IOError, Timeout::Error => e
    e.class
  end
  puts "#{title}: #{result}"
end

# A server, whose clients each get a thread, while the block runs.
def serving(server, serve)
  accepting = Thread.new do
    Thread.current.report_on_exception = false
    loop do
      Thread.new(server.accept) do |client|
        serve.call(client)
      ensure
        client.close
      end
    end
  end
  yield server
ensure
  accepting&.kill&.join
  server.close
end

def tcp(serve = method(:capitals), &block)
  serving(TCPServer.new('127.0.0.1', 0), serve) { |server| block.call(server.local_address.ip_port) }
end

def capitals(client)
  while (line = client.gets)
    client.puts line.upcase
  end
end

def echo(client)
  loop { client.write client.readpartial(65_536) }
rescue EOFError
  nil
end

def asked(socket, *lines)
  lines.map { |line| socket.puts(line) || socket.gets.chomp }.join(', ')
ensure
  socket.close
end

def there_and_back(socket)
  writer = Thread.new do
    socket.write LARGE
    socket.close_write
  end
  back = socket.read
  writer.join
  socket.close
  "#{back.bytesize} bytes, #{back == LARGE ? 'the same' : 'others'}"
end

show('lines') { tcp { |port| asked(TCPSocket.new('127.0.0.1', port), 'hello', "over Ruby's sockets") } }
show('by name') { tcp { |port| asked(Socket.tcp('localhost', port, connect_timeout: 10), 'hello') } }
show('3 MB') { tcp(method(:echo)) { |port| there_and_back(TCPSocket.new('127.0.0.1', port)) } }

show('eight clients at once') do
  tcp do |port|
    clients = (1..8).map { |n| Thread.new { asked(TCPSocket.new('127.0.0.1', port), *["client #{n}"] * 20).size } }
    clients.map(&:value).join(' ')
  end
end

show('a forked client') do
  tcp do |port|
    reader, writer = IO.pipe
    child = fork do
      writer.write asked(TCPSocket.new('127.0.0.1', port), 'from the child')
      writer.close
      exit!(0)
    end
    writer.close
    [reader.read, Process.wait2(child)[1].exitstatus].join(', ')
  end
end

show('without waiting') do
  server = TCPServer.new('127.0.0.1', 0)
  client = TCPSocket.new('127.0.0.1', server.local_address.ip_port)
  IO.select([server], nil, nil, 10)
  served = server.accept_nonblock
  nothing = served.read_nonblock(10, exception: false)
  client.write 'now'
  IO.select([served], nil, nil, 10)
  [nothing, served.read_nonblock(10), IO.select([served], [served], nil, 10)[1].size].join(', ')
ensure
  [served, client, server].compact.each(&:close)
end

show('a Unix socket') do
  path = File.join(FOLDER, 'r')
  serving(UNIXServer.new(path), method(:echo)) { there_and_back(UNIXSocket.new(path)) }
end

show('a passed file') do
  path = File.join(FOLDER, 'passed')
  File.write(path, 'text in a file')
  ours, theirs = UNIXSocket.pair
  File.open(path) { |file| ours.send_io(file) }
  received = theirs.recv_io(File)
  received.read
ensure
  [received, ours, theirs].compact.each(&:close)
end

show('datagrams') do
  receiver = UDPSocket.new
  receiver.bind('127.0.0.1', 0)
  sender = UDPSocket.new
  sender.connect('127.0.0.1', receiver.local_address.ip_port)
  sender.send('x' * 1000, 0)
  data, from = receiver.recvfrom(2000)
  receiver.send('back', 0, from[3], from[1])
  "#{data.size} bytes, #{sender.recv(100)}"
ensure
  [receiver, sender].compact.each(&:close)
end

show('a program on a socket') do
  ours, theirs = UNIXSocket.pair
  child = spawn('cat', in: theirs, out: theirs)
  theirs.close
  ours.write 'through cat'
  ours.close_write
  back = ours.read
  [back, Process.wait2(child)[1].exitstatus].join(', ')
ensure
  ours&.close
end

show('HTTP') do
  answer = lambda do |client|
    nil until client.gets.strip.empty?
    client.write "HTTP/1.1 200 OK\r\nContent-Length: #{LARGE.bytesize}\r\nConnection: close\r\n\r\n", LARGE
  end
  tcp(answer) { |port| Net::HTTP.get(URI("http://127.0.0.1:#{port}/")) == LARGE }
end

show('nothing listens') do
  # Bound, but not listening.
  bound = Socket.new(:INET, :STREAM)
  bound.bind(Addrinfo.tcp('127.0.0.1', 0))
  TCPSocket.new('127.0.0.1', bound.local_address.ip_port)
ensure
  bound&.close
end

show('a time limit') do
  ours, theirs = UNIXSocket.pair
  Timeout.timeout(0.1) { ours.read(1) }
ensure
  [ours, theirs].compact.each(&:close)
end

show('a peer that has gone') do
  ours, theirs = UNIXSocket.pair
  theirs.close
  ours.write 'x'
ensure
  ours&.close
end

show('closed by another thread') do
  server = TCPServer.new('127.0.0.1', 0)
  accepting = Thread.new do
    Thread.current.report_on_exception = false
    server.accept
  end
  Thread.pass until accepting.status == 'sleep'
  server.close
  accepting.value
end
