// node-addon-api as people write it: a class, a worker, a thread-safe function; each has a twin that breaks a rule.
#include <napi.h>

#include <thread>

class Counter : public Napi::ObjectWrap<Counter> {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("Counter", DefineClass(env, "Counter",
                                       {InstanceMethod<&Counter::Add>("add"), InstanceMethod<&Counter::Forget>("forget")}));
  }
  explicit Counter(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Counter>(info) {}

 private:
  Napi::Value Add(const Napi::CallbackInfo &info) { return Napi::Number::New(info.Env(), ++count_); }
  // Deletes a reference by hand that its owner deletes again.
  void Forget(const Napi::CallbackInfo &info) {
    auto reference = Napi::Persistent(info.This().As<Napi::Object>());
    napi_delete_reference(info.Env(), reference);
  }
  int count_ = 0;
};

class Sum : public Napi::AsyncWorker {
 public:
  Sum(Napi::Env env, Napi::Promise::Deferred deferred, bool is_bad) : AsyncWorker(env), deferred_(deferred), is_bad_(is_bad) {}
  void Execute() override {
    sum_ = 3;
    if (is_bad_) {
      const napi_node_version *version;
      napi_get_node_version(Env(), &version);
    }
  }
  void OnOK() override { deferred_.Resolve(Napi::Number::New(Env(), sum_)); }

 private:
  Napi::Promise::Deferred deferred_;
  bool is_bad_;
  int sum_ = 0;
};

static Napi::Value StartSum(const Napi::CallbackInfo &info) {
  auto deferred = Napi::Promise::Deferred::New(info.Env());
  (new Sum(info.Env(), deferred, info[0].ToBoolean()))->Queue();
  return deferred.Promise();
}

// A thread calls back twice. The bad twin releases once more than it may.
static void Notify(const Napi::CallbackInfo &info) {
  bool is_bad = info[1].ToBoolean();
  auto function = Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "notify", 0, 1);
  std::thread([function, is_bad]() mutable {
    for (int i = 1; i <= 2; i++)
      function.BlockingCall([i](Napi::Env env, Napi::Function call) { call.Call({Napi::Number::New(env, i)}); });
    function.Release();
    if (is_bad) function.Release();
  }).detach();
}

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Counter::Export(env, exports);
  exports.Set("sum", Napi::Function::New(env, StartSum));
  exports.Set("notify", Napi::Function::New(env, Notify));
  return exports;
}
NODE_API_MODULE(wrapper, Init)
