extern "C" const int seco_plugin_interface_0_dealii_8_0;
extern "C" int interface() {
  return seco_plugin_interface_0_dealii_8_0;
}
