#if canImport(Glibc)
import Glibc

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
