// A move-only callable: std::function refuses lambdas that hold a Responder. Pure.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace qss::service {

template <class Signature>
class MoveOnlyFunction;

template <class... Arguments>
class MoveOnlyFunction<void(Arguments...)> {
public:
    MoveOnlyFunction() = default;
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, MoveOnlyFunction> &&
                 std::invocable<std::decay_t<F>&, Arguments...>)
    MoveOnlyFunction(F&& function)
        : m_body(std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(function)))
    {
    }

    explicit operator bool() const { return m_body != nullptr; }
    void operator()(Arguments... arguments) { m_body->run(std::forward<Arguments>(arguments)...); }

private:
    struct Base {
        Base() = default;
        Base(const Base&) = delete;
        Base& operator=(const Base&) = delete;
        virtual ~Base() = default;
        virtual void run(Arguments... arguments) = 0;
    };
    template <class F>
    struct Body final : Base {
        explicit Body(F&& function) : m_function(std::move(function)) {}
        explicit Body(const F& function) : m_function(function) {}
        void run(Arguments... arguments) override { m_function(std::forward<Arguments>(arguments)...); }
        F m_function;
    };
    std::unique_ptr<Base> m_body;
};

}
