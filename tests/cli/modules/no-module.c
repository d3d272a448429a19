/* No vs_module in it. */
int not_a_module;
int not_a_module_either(void);

int not_a_module_either(void)
{
	return not_a_module;
}
