import CircuitBreakers
import Subjects
import Supervision

#if canImport(Glibc)
import Glibc
#endif

#if canImport(Glibc)
/// The resident memory of this process, as the kernel counts it, without what the allocator merely keeps for later.
func residentBytes() -> Int {
    typealias Trim = @convention(c) (Int) -> Int32
    // Looked up by name, because the system's module does not export it; its C signature is this one.
    if let symbol = dlsym(nil, "malloc_trim") { _ = unsafeBitCast(symbol, to: Trim.self)(0) }
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    guard fgets(&text, Int32(text.count), file) != nil else { return 0 }
    let fields = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
        separator: " "
    )
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}
#else
/// Not measured on this platform.
func residentBytes() -> Int { 0 }
#endif

/// What an idle server keeps, its place and its supervisor's record of it included.
func measureMemory(_ report: inout Report) async throws {
    #if canImport(Glibc)
    let count = 100_000
    let runtime = Runtime(events: SilentSink())
    let tree = try await Supervisor {}.start(in: runtime)
    let before = residentBytes()
    for number in 0..<count {
        try await tree.startChild(Child(ChildID("server-\(number)")) { Counter() })
    }
    let bytes = Double(residentBytes() - before) / Double(count)
    report.add("memory, idle server", "\(bytes.short) B", judged: bytes, limit: 600, unit: "bytes")
    try await tree.stop(timeout: .seconds(60))
    #else
    report.add("memory, idle server", "not measured on this platform")
    #endif
}

/// What a circuit keeps that has been called and has never failed, with its place in the server's map.
func measureCircuitMemory(_ report: inout Report) async throws {
    #if canImport(Glibc)
    let count = 100_000
    let breakers = CircuitBreakerServer(maxCircuits: count)
    let services = (0..<count).map { ServiceName("service-\($0)") }
    try await breakers.call("first") {}
    let before = residentBytes()
    for service in services.dropFirst() { try await breakers.call(service) {} }
    let bytes = Double(residentBytes() - before) / Double(count)
    report.add("memory, circuit", "\(bytes.short) B", judged: bytes, limit: 300, unit: "bytes")
    #else
    report.add("memory, circuit", "not measured on this platform")
    #endif
}
