// The only file that knows SimGrid. Host CPUs are its hosts, contexts its actors; its clock counts
// picoseconds. Time moves through a model of our own: next_occurring_event tells how far the next
// window is, update_actions_state runs the driver and resumes the actors that are due in it.
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>

#include <memory>
#include <string>
#include <vector>

#include "sim/engine/private.h"

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
	void update_actions_state(double, double) override
	{
		// windows in which nobody has to be resumed need nothing of SimGrid
		do {
			if (!vs_driver_round(engine_))
				return;
		} while (!engine_->n_resume && !engine_->o.strict);
		for (uint32_t i = 0; i < engine_->n_resume; i++)
			static_cast<sg::Actor *>(engine_->resume[i]->backend)->resume();
	}
};

struct Bridge {
	std::unique_ptr<sg::Engine> engine;
	std::vector<sg::Host *> hosts;
};

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

void actor_main(struct vs_ctx *x)
{
	sg::this_actor::suspend(); // until the driver first resumes it
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
	x->backend = actor.get();
}

void sg_yield(struct vs_ctx *x)
{
	sg::this_actor::suspend();
	VS_ASSERT(vs_resume_next(x->engine) == x);
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
	/* create */ sg_create, /* yield */ sg_yield, /* run */ sg_run, /* destroy */ sg_destroy};
