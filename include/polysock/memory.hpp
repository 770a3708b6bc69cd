// Memory that is passed to calls: bytes to send, buffers to receive into, arrays. Part of polysock.hpp.

#ifndef POLYSOCK_MEMORY_HPP
#define POLYSOCK_MEMORY_HPP

#include <polysock/error.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace polysock {

namespace detail {

// Text for C, which ends at the first NUL.
inline const char *c_text(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        refuse("the text contains a NUL");
    return text.c_str();
}

inline std::string_view view(std::string_view text) noexcept { return text; }

// A pointer that may be null, such as one from getenv(3).
inline std::string_view view(const char *text)
{
    if (text == nullptr)
        refuse("the text is NULL");
    return text;
}

inline const char *c_text(const std::optional<std::string> &text) { return text ? c_text(*text) : nullptr; }

inline std::size_t within(std::size_t n, std::size_t size)
{
    if (n > size)
        refuse("the length " + std::to_string(n) + " is more than the array's " + std::to_string(size) + " bytes");
    return n;
}

template <class T, class... Bytes> inline constexpr bool is_one_of = std::disjunction_v<std::is_same<std::remove_cv_t<T>, Bytes>...>;
#ifdef __cpp_char8_t
template <class T> inline constexpr bool is_byte = is_one_of<T, char, signed char, unsigned char, std::byte, char8_t>;
#else
template <class T> inline constexpr bool is_byte = is_one_of<T, char, signed char, unsigned char, std::byte>;
#endif

// The type of a container's elements, from std::data; void if it is not a container.
template <class C, class = void> struct element {
    using type = void;
};
template <class C>
struct element<C, std::void_t<decltype(std::data(std::declval<C &>())), decltype(std::size(std::declval<C &>()))>> {
    using type = std::remove_pointer_t<decltype(std::data(std::declval<C &>()))>;
};
template <class C> using element_t = typename element<C>::type;

} // namespace detail

// Bytes to send, valid during a call: text up to its NUL, any container of bytes, or bytes(pointer, length).
class bytes {
public:
    constexpr bytes() noexcept = default;
    // A literal, without its NUL. With a NUL in the middle its length is ambiguous: write bytes(p, n) or std::string_view(p).
    template <std::size_t N>
    bytes(const char (&text)[N]) // NOLINT: converts on purpose
        : data_(text), size_(static_cast<std::size_t>(std::find(text, text + N, '\0') - text))
    {
        if (size_ + 1 < N)
            detail::refuse("an array of char with a NUL in the middle needs its length, as in bytes(p, n)");
    }
    // An array that is filled at run time may hold text or other bytes: its length must be written, too.
    template <std::size_t N> bytes(char (&)[N]) = delete;
    template <class Text, std::enable_if_t<std::is_convertible_v<const Text &, std::string_view> && !std::is_array_v<Text>, int> = 0>
    bytes(const Text &text) // NOLINT: converts on purpose
        : bytes(detail::view(text))
    {
    }
    bytes(std::string_view text) noexcept : data_(text.data()), size_(text.size()) {} // NOLINT: converts on purpose
    template <class Container,
              std::enable_if_t<detail::is_byte<detail::element_t<const Container>> &&
                                   !std::is_convertible_v<const Container &, std::string_view>,
                               int> = 0>
    bytes(const Container &all) noexcept // NOLINT: converts on purpose
        : data_(std::data(all)), size_(std::size(all))
    {
    }
    bytes(std::nullptr_t) = delete;
    explicit bytes(const void *data, std::size_t n) noexcept : data_(data), size_(n) {}
    // The first n bytes of an array, which must have that many.
    template <class T, std::size_t N>
    explicit bytes(const T (&array)[N], std::size_t n) : data_(array), size_(detail::within(n, sizeof array))
    {
    }

    constexpr const void *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    const void *data_ = nullptr;
    std::size_t size_ = 0;
};

// Where received bytes go, valid during a call: a whole array or container of bytes, or buffer(pointer, length).
class buffer {
public:
    template <class Container, std::enable_if_t<detail::is_byte<detail::element_t<Container>> &&
                                                    !std::is_const_v<detail::element_t<Container>>,
                                                int> = 0>
    buffer(Container &all) noexcept // NOLINT: converts on purpose
        : data_(std::data(all)), size_(std::size(all))
    {
    }
    buffer(std::nullptr_t) = delete;
    explicit buffer(void *data, std::size_t n) noexcept : data_(data), size_(n) {}
    // The first n bytes of an array, which must have that many.
    template <class T, std::size_t N>
    explicit buffer(T (&array)[N], std::size_t n) : data_(array), size_(detail::within(n, sizeof array))
    {
    }

    constexpr void *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    void *data_;
    std::size_t size_;
};

// Consecutive elements, valid during a call: an array, a container, a list in braces, or span(pointer, count).
template <class T> class span {
public:
    template <class Container, std::enable_if_t<std::is_same_v<std::remove_const_t<detail::element_t<Container>>, std::remove_const_t<T>> &&
                                                    std::is_convertible_v<detail::element_t<Container> *, T *>,
                                                int> = 0>
    span(Container &all) noexcept // NOLINT: converts on purpose
        : span(std::data(all), std::size(all))
    {
    }
    template <class U = T, std::enable_if_t<std::is_const_v<U>, int> = 0>
    span(std::initializer_list<std::remove_const_t<T>> all) noexcept // NOLINT: converts on purpose
        : span(all.begin(), all.size())
    {
    }
    explicit span(T *first, std::size_t n) noexcept : data_(first), size_(n) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    T *data_;
    std::size_t size_;
};

} // namespace polysock

#endif // POLYSOCK_MEMORY_HPP
