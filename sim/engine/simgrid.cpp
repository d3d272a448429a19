// The only file that knows SimGrid. Host CPUs are its hosts, contexts its actors; its clock counts
// picoseconds. Time moves through a model of our own: next_occurring_event tells how far the next
// window is, update_actions_state runs the driver and schedules the actors that are due in it.
// Further windows may be scheduled behind them by the last actor itself (docs/adr/0004).
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/engine/private.h"

// What SimGrid's own suspend and resume end in, without their signals and simcalls, which cost more
// than a switch. The library exports it, but installs no header that declares it.
#if SIMGRID_VERSION_MAJOR != 3 || SIMGRID_VERSION_MINOR != 32
#error "SimGrid 3.32 is wanted: see whether these are still what they were"
#endif
namespace simgrid::kernel
{
namespace actor
{
class ActorImpl
{
      public:
	void yield(); // to the next actor on the run list; SimGrid's main loop behind the last one
};
} // namespace actor
class EngineImpl
{
      public:
	void add_actor_to_run_list_no_check(actor::ActorImpl *actor);
};
} // namespace simgrid::kernel

namespace sg = simgrid::s4u;

namespace
{

class WindowModel : public simgrid::kernel::resource::Model
{
	struct vs_engine *engine_;

      public:
	explicit WindowModel(struct vs_engine *e) : Model("vcpusim windows"), engine_(e)
	{
	}
	double next_occurring_event(double now) override
	{
		if (engine_->stopped)
			return -1.0;
		vs_ps next = vs_driver_peek(engine_);
		double at = next >= VS_PS_MAX_RUN ? now : static_cast<double>(next);

		return at > now ? at - now : 0.0;
	}
	void update_actions_state(double, double) override;
};

// SimGrid keeps the run list of a round whole until its end.
constexpr uint32_t MAX_RUN_LIST = 4096;

struct Bridge {
	std::unique_ptr<sg::Engine> engine;
	std::vector<sg::Host *> hosts;
	uint32_t run_list; // actors on it in this round
};

void schedule(const struct vs_engine *e)
{
	auto *b = static_cast<Bridge *>(e->backend_data);
	auto *kernel = b->engine->get_impl();

	for (uint32_t i = e->next_resume; i < e->n_resume; i++)
		kernel->add_actor_to_run_list_no_check(
			static_cast<simgrid::kernel::actor::ActorImpl *>(e->resume[i]->backend));
	b->run_list += e->n_resume - e->next_resume;
}

void WindowModel::update_actions_state(double, double)
{
	// windows in which nobody has to be resumed need nothing of SimGrid
	do {
		if (!vs_driver_round(engine_))
			return;
	} while (!engine_->n_resume && !engine_->o.strict);
	static_cast<Bridge *>(engine_->backend_data)->run_list = 0;
	schedule(engine_);
}

// SimGrid's engine is a process singleton that is never taken down; so is this.
Bridge *bridge_of(struct vs_engine *e)
{
	if (e->backend_data)
		return static_cast<Bridge *>(e->backend_data);
	auto *b = new Bridge;
	std::string name = "vcpusim", quiet = "--log=root.thresh:error";
	std::string stack = "--cfg=contexts/stack-size:" + std::to_string(e->o.stack_bytes / 1024);
	std::string factory = "--cfg=contexts/factory:raw", guard = "--cfg=contexts/guard-size:1";
	// its own models have nothing to do: looking at their empty lists is cheaper than at heaps
	std::string cpu = "--cfg=cpu/optim:Full", network = "--cfg=network/optim:Full";
	std::vector<char *> argv = {name.data(),  quiet.data(), stack.data(),   factory.data(),
				    guard.data(), cpu.data(),   network.data(), nullptr};
	int argc = 7;

	b->engine = std::make_unique<sg::Engine>(&argc, argv.data());
	auto *zone = sg::create_full_zone("host");
	for (uint32_t i = 0; i < e->o.n_cores; i++)
		b->hosts.push_back(zone->create_host("cpu" + std::to_string(i), 1e9));
	zone->seal();
	b->engine->add_model(std::make_shared<WindowModel>(e));
	e->backend_data = b;
	return b;
}

void yield_actor(struct vs_ctx *x)
{
	static_cast<simgrid::kernel::actor::ActorImpl *>(x->backend)->yield();
}

void actor_main(struct vs_ctx *x)
{
	x->backend = sg::Actor::self()->get_impl();
	yield_actor(x); // until the driver first schedules it
	uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));

	// SimGrid does not tell where a stack is; its top is within a page of this frame
	x->stack_hi = (here | 4095) + 1;
	x->stack_lo = x->stack_hi - x->engine->o.stack_bytes;
	vs_resume_next(x->engine);
	vs_ctx_entered(x);
}

void sg_create(struct vs_ctx *x)
{
	Bridge *b = bridge_of(x->engine);
	auto actor = sg::Actor::create(x->name, b->hosts[x->home_core], [x] { actor_main(x); });

	intrusive_ptr_add_ref(actor.get()); // kept for the life of the process
}

void sg_yield(struct vs_ctx *x)
{
	yield_actor(x);
	VS_ASSERT(vs_resume_next(x->engine) == x);
}

bool sg_append(struct vs_engine *e)
{
	if (static_cast<Bridge *>(e->backend_data)->run_list > MAX_RUN_LIST)
		return false;
	schedule(e);
	return true;
}

void sg_run(struct vs_engine *e)
{
	Bridge *b = bridge_of(e);

	// run_until, so that stopping in the middle is not taken for a deadlock
	b->engine->run_until(static_cast<double>(2 * VS_PS_MAX_RUN));
}

void sg_destroy(struct vs_ctx *)
{
}

} // namespace

const struct vs_backend_ops vs_backend_simgrid = {
	/* create */ sg_create, /* yield */ sg_yield, /* append */ sg_append, /* run */ sg_run,
	/* destroy */ sg_destroy};
